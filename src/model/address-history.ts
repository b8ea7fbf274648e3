import { cutHoldings, MAX_HOLDINGS } from "./cut-holdings.ts";
import { parseIp } from "#src/ip/address.ts";
import { type Fields, recordsOf, textOf, textsOf } from "./record.ts";
import { MAX_TAKEOVER_TEXTS, readSilence, type Takeover, type TakeoverCause } from "./takeover.ts";

/** A Service got an address, or lost it. */
export interface HoldingChange {
  /** ISO 8601. */
  readonly at: string;
  readonly change: "assigned" | "released";
  /** Canonical text. */
  readonly address: string;
  /** `namespace/name`. */
  readonly service: string;
}

/** A node began to announce addresses, or withdrew them. */
export interface AnnouncementChange extends Pick<Takeover, "silentMs"> {
  /** ISO 8601. */
  readonly at: string;
  readonly change: "announced" | "withdrawn";
  readonly node: string;
  /** The node that announced them before; empty where none did. */
  readonly from: string;
  /** A `TakeoverCause`, or one of a newer version. */
  readonly cause: string;
  /** As `printAddresses` prints them; the first of them where there are many. */
  readonly addresses: readonly string[];
}

/** Who had which address when, and which node announced it when: the latest first. */
export interface AddressHistory {
  readonly holdings: readonly HoldingChange[];
  readonly announcements: readonly AnnouncementChange[];
}

/** The report that it is kept in. */
export const HISTORY_REPORT = "hawser-history";
/** So many rounds are kept, and so much of their text: a report has room for 200 KiB. */
export const MAX_ANNOUNCEMENTS = 500;
const MAX_ANNOUNCEMENTS_TEXT = 70 * 1_024;

export const NO_HISTORY: AddressHistory = { holdings: [], announcements: [] };

/** Reads a history, whatever the report holds: what has no time, or is about no address, is left out. */
export function readHistory(report: Fields | undefined): AddressHistory {
  return {
    holdings: recordsOf(report?.["holdings"]).slice(0, MAX_HOLDINGS).flatMap(readHolding),
    announcements: recordsOf(report?.["announcements"]).slice(0, MAX_ANNOUNCEMENTS).flatMap(readAnnouncement),
  };
}

/** The clock of a node is ahead of the controller's by so much at most: what is later still, no clock of a node can know. */
const NODE_AHEAD_MS = 300_000;

/**
 * A history whose changes are not later than now, in their order: those that a clock wrote which was ahead get the time `as`.
 * Otherwise they would count as later than all that is noted until then. Both in ISO 8601. Rounds are written by the nodes'
 * clocks, which may be ahead a little.
 */
export function withoutFuture(history: AddressHistory, { now, as }: { now: string; as: string }): AddressHistory {
  const nodesNow = new Date(Date.parse(now) + NODE_AHEAD_MS).toISOString();
  return { holdings: until(now, history.holdings, as), announcements: until(nodesNow, history.announcements, as) };
}

function until<C extends { readonly at: string }>(latest: string, all: readonly C[], as: string): readonly C[] {
  return all.some(({ at }) => at > latest) ? all.map((one) => (one.at > latest ? { ...one, at: as } : one)) : all;
}

/** In ISO 8601 with milliseconds, as all times of a history are: they are compared as texts. Undefined where it is not a time. */
export function isoOf(time: string): string | undefined {
  const ms = Date.parse(time);
  const iso = Number.isNaN(ms) ? "" : new Date(ms).toISOString();
  // Years of more than four digits have a sign: no clock of ours writes these.
  return /^\d{4}-/.test(iso) ? iso : undefined;
}

function readHolding({ at: time, change, address: ip, service: key }: Fields): readonly HoldingChange[] {
  const [at, address, service] = [isoOf(textOf(time)), textOf(ip), textOf(key)];
  const isKnown = change === "assigned" || change === "released";
  if (at === undefined || !isKnown || parseIp(address) === undefined || !/^[^/]+\/[^/]+$/.test(service)) return [];
  return [{ at, change, address, service }];
}

function readAnnouncement({ at: time, ...rest }: Fields): readonly AnnouncementChange[] {
  const at = isoOf(textOf(time));
  return at === undefined ? [] : [announcementAt(at, rest)];
}

function announcementAt(at: string, fields: Fields): AnnouncementChange {
  const { change, node, from, cause, addresses } = fields;
  return {
    at,
    change: change === "withdrawn" ? "withdrawn" : "announced",
    node: textOf(node),
    from: textOf(from),
    cause: textOf(cause),
    addresses: textsOf(addresses).slice(0, MAX_TAKEOVER_TEXTS),
    ...readSilence(fields),
  };
}

/**
 * Both together, the latest first, each change once, and cut (cut-holdings.ts). Of a round that both have the first history's
 * counts: a round grows while its speaker reports it. `isKept`: whether an address (canonical text) is kept for a Service.
 */
export function mergeHistories(
  first: AddressHistory,
  second: AddressHistory,
  isKept: (address: string) => boolean = () => false,
): AddressHistory {
  return {
    holdings: cutHoldings(merge([...first.holdings, ...second.holdings], keyOfHolding), isKept),
    announcements: cutAnnouncements(merge([...first.announcements, ...second.announcements], keyOfAnnouncement)),
  };
}

/** The latest of them, as many as there is room for. */
function cutAnnouncements(latestFirst: readonly AnnouncementChange[]): readonly AnnouncementChange[] {
  let text = 0;
  const fit = latestFirst.findIndex((one, at) => {
    text += JSON.stringify(one).length + 1;
    return at >= MAX_ANNOUNCEMENTS || text > MAX_ANNOUNCEMENTS_TEXT;
  });
  return fit < 0 ? latestFirst : latestFirst.slice(0, fit);
}

function merge<C extends { readonly at: string }>(all: readonly C[], keyOf: (one: C) => string): readonly C[] {
  const byKey = new Map<string, C>();
  for (const one of all) if (!byKey.has(keyOf(one))) byKey.set(keyOf(one), one);
  // Of equal times the order of before: a stable sort keeps it.
  return [...byKey.values()].sort((left, right) => (left.at < right.at ? 1 : left.at > right.at ? -1 : 0));
}

function keyOfHolding({ at, change, address, service }: HoldingChange): string {
  return JSON.stringify([at, change, address, service]);
}

function keyOfAnnouncement({ at, change, node, from, cause }: AnnouncementChange): string {
  return JSON.stringify([at, change, node, from, cause]);
}

/**
 * What a speaker's takeovers say of who announces. What it lost to another node is left out, because the gain of that one
 * says so; but not in a conflict, in which the other one had the address already.
 */
export function announcementsOf(node: string, takeovers: readonly Takeover[]): readonly AnnouncementChange[] {
  return takeovers.flatMap(({ at, cause, from, gained, lost, addresses, silentMs }): AnnouncementChange[] => {
    const shared = { at, node, cause, addresses };
    const silence = silentMs === undefined ? {} : { silentMs };
    if (gained > 0) return [{ ...shared, change: "announced", from: from === node ? "" : from, ...silence }];
    const isWithdrawn = lost > 0 && (from === "" || cause === ("Conflict" satisfies TakeoverCause));
    return isWithdrawn ? [{ ...shared, change: "withdrawn", from: "" }] : [];
  });
}

/** An address and a Service as one text. */
export function keyOfPair({ address, service }: Pick<HoldingChange, "address" | "service">): string {
  return `${address} ${service}`;
}

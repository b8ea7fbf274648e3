import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import {
  type AddressHistory,
  type AnnouncementChange,
  announcementsOf,
  HISTORY_REPORT,
  type HoldingChange,
  MAX_ANNOUNCEMENTS,
  mergeHistories,
  readHistory,
} from "#src/model/address-history.ts";
import { isCutHoldings } from "#src/model/cut-holdings.ts";
import { keyOf } from "#src/model/object.ts";
import { parseAddressTexts } from "#src/model/print-addresses.ts";
import type { Fields } from "#src/model/record.ts";
import { addressesHeldBy } from "#src/model/service-status.ts";
import { readSpeakerReport } from "#src/model/speaker-report.ts";
import { findService, isSubjectText } from "./explain-subject.ts";
import type { StatusInput } from "./status-input.ts";

/** What the history of addresses is read from. */
export interface HistoryInput extends Pick<StatusInput, "services" | "reports"> {
  /** The reports of the topic, by name; undefined where they may not be read. */
  readonly history: ReadonlyMap<string, Fields> | undefined;
}

/** One change of one address: of the Service that has it, or of the node that announces it. */
export interface HistoryEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly change: "assigned" | "released" | "announced" | "withdrawn";
  readonly address: string;
  /** Of `assigned` and `released`. */
  readonly service?: string;
  /** Of `announced` and `withdrawn`. */
  readonly node?: string;
  /** The node that announced it before, where there was one. */
  readonly from?: string;
  readonly cause?: string;
  /** Of a takeover from a node that fell silent: milliseconds from its last sign of life to the first announcement. */
  readonly silentMs?: number;
}

/** What `hawser history` shows. Also its JSON. */
export interface HistoryView {
  readonly subject:
    | { readonly kind: "Address"; readonly address: string }
    | { readonly kind: "Service"; readonly service: string };
  /** The oldest first. */
  readonly entries: readonly HistoryEntry[];
  /** As many changes as are kept are there: older ones may have been dropped. */
  readonly isCut: boolean;
}

/** A history; or why there is none. */
export type ViewedHistory =
  | { readonly ok: true; readonly view: HistoryView }
  | { readonly ok: false; readonly why: string };

/** Which Services had an address and which nodes announced it, or which addresses a Service had, whether it is there or not. */
export function viewHistory(input: HistoryInput, text: string): ViewedHistory {
  const ip = parseIp(text);
  const history = historyOf(input);
  const isCut = isCutHoldings(history.holdings) || history.announcements.length >= MAX_ANNOUNCEMENTS;
  if (ip !== undefined) {
    const address = printIp(ip);
    const held = withoutRepeats(history.holdings.filter((one) => one.address === address));
    const announced = history.announcements.flatMap((one) => entriesOf(one, [address]));
    return { ok: true, view: { subject: { kind: "Address", address }, entries: inOrder(held, announced), isCut } };
  }
  const found = findNamed(input, history, text);
  if (!found.ok) return found;
  const { service } = found;
  const held = withoutRepeats(history.holdings.filter((one) => one.service === service));
  const times = timesOf(held, currentOf(input, service));
  const announced = history.announcements.flatMap((one) =>
    entriesOf(one, [...times.keys()]).filter(({ address }) =>
      times.get(address)?.some((time) => isWithin(one.at, time)),
    ),
  );
  return { ok: true, view: { subject: { kind: "Service", service }, entries: inOrder(held, announced), isCut } };
}

/** What the controller wrote, and what the speakers report since. */
export function historyOf({ history, reports }: HistoryInput): AddressHistory {
  const live = [...(reports ?? [])].flatMap(([name, one]) => readSpeakerReport(name, one) ?? []);
  const announcements = live.flatMap(({ node, takeovers }) => announcementsOf(node, takeovers));
  return mergeHistories({ holdings: [], announcements }, readHistory(history?.get(HISTORY_REPORT)));
}

type Found = { readonly ok: true; readonly service: string } | { readonly ok: false; readonly why: string };

/** A Service that is there, or that the history names. */
function findNamed({ services = [] }: HistoryInput, { holdings }: AddressHistory, text: string): Found {
  if (!isSubjectText(text)) return { ok: false, why: `"${text}" is not an address, NAME or NAMESPACE/NAME` };
  const keys = new Set([...services.map(({ metadata }) => keyOf(metadata)), ...holdings.map(({ service }) => service)]);
  const found = findService(text, keys);
  if (found.ok) return { ok: true, service: found.key };
  return { ok: false, why: found.why ?? `there is no Service "${text}", and the history names none` };
}

function currentOf({ services = [] }: HistoryInput, service: string): readonly Ip[] {
  return services.flatMap((object) => (keyOf(object.metadata) === service ? addressesHeldBy(object) : []));
}

/** The time that a Service had an address, in ISO 8601. */
interface Time {
  readonly from: string;
  readonly until: string;
}

/** Later than every time. */
const NEVER = "9999";
/** A node withdraws an address so long after its Service lost it. */
const WITHDRAWN_WITHIN_MS = 10_000;

/** When a Service had each of its addresses: one that it has now and that no change names it had always. */
function timesOf(held: readonly HoldingChange[], current: readonly Ip[]): ReadonlyMap<string, readonly Time[]> {
  const times = new Map<string, readonly Time[]>(current.map((ip) => [printIp(ip), [{ from: "", until: NEVER }]]));
  for (const [address, changes] of Map.groupBy(held, (one) => one.address)) {
    const oldestFirst = changes.toReversed();
    const found: Time[] = [];
    for (const [index, { at, change }] of oldestFirst.entries()) {
      if (change === "assigned") found.push({ from: at, until: oldestFirst[index + 1]?.at ?? NEVER });
      // What was assigned before is no longer known.
      else if (index === 0) found.push({ from: "", until: at });
    }
    times.set(address, found);
  }
  return times;
}

function isWithin(at: string, { from, until }: Time): boolean {
  const isBefore = until === NEVER || Date.parse(at) <= Date.parse(until) + WITHDRAWN_WITHIN_MS;
  return isBefore && (from === "" || Date.parse(at) >= Date.parse(from));
}

/** Without what two leaders noted of one change: the earlier one is right. */
function withoutRepeats(latestFirst: readonly HoldingChange[]): readonly HoldingChange[] {
  return latestFirst.filter(
    (one, index) =>
      latestFirst.slice(index + 1).find(({ address, service }) => address === one.address && service === one.service)
        ?.change !== one.change,
  );
}

function entriesOf(
  { at, change, node, from, cause, addresses, silentMs }: AnnouncementChange,
  wanted: readonly string[],
): readonly HistoryEntry[] {
  const before = { ...(from === "" ? {} : { from }), cause, ...(silentMs === undefined ? {} : { silentMs }) };
  const named = parseAddressTexts(addresses);
  return wanted.flatMap((address) => (named.has(address) ? { at, change, address, node, ...before } : []));
}

function inOrder(held: readonly HoldingChange[], announced: readonly HistoryEntry[]): readonly HistoryEntry[] {
  // Of equal times what a Service has comes before what a node does about it.
  const all: readonly HistoryEntry[] = [...held.toReversed(), ...announced.toReversed()];
  return all.toSorted((left, right) => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0));
}

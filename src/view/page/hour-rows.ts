import type { AddressHistory } from "#src/model/address-history.ts";
import { keyOf } from "#src/model/object.ts";
import { listed } from "#src/model/listed.ts";
import type { EventView } from "#src/view/status-input.ts";

/** Something that happened in the last hour. */
export interface HourRow {
  readonly key: string;
  /** ISO 8601. */
  readonly at: string;
  readonly kind: "takeover" | "announced" | "withdrawn" | "assigned" | "released" | "config" | "warning";
  /** What happened, in a few words. */
  readonly text: string;
  /** A cause or a reason of a closed set. */
  readonly reason: string;
  /** What `explain` can be asked about; empty where there is nothing. */
  readonly subject: string;
  /**
   * Of a takeover from a node that fell silent: for how many milliseconds clients were not served, at most. From the last sign of life
   * of that node to the first announcement of the other. Null where it is not known, and where no node fell silent.
   */
  readonly gapMs: number | null;
}

const HOUR_MS = 3_600_000;
/** Texts of addresses in one row. */
const ADDRESSES_NAMED = 3;
/** Reasons of Events that are said otherwise: in the history. */
const SAID: readonly string[] = ["TakenOver", "AddressAssigned", "AddressReleased", "Announced"];
const CONFIG: readonly string[] = ["ConfigLoaded", "ConfigInvalid"];

/** The changes of the last hour, the latest first: of the history of addresses, and Events of the configuration and of what is wrong. */
export function hourRows(history: AddressHistory, events: readonly EventView[], nowMs: number): readonly HourRow[] {
  const rows = [
    ...history.announcements.map(ofAnnouncement),
    ...history.holdings.map(ofHolding),
    ...events
      .filter(({ reason, type }) => CONFIG.includes(reason) || (type === "Warning" && !SAID.includes(reason)))
      .map(ofEvent),
  ];
  const from = new Date(nowMs - HOUR_MS).toISOString();
  const byKey = new Map(rows.filter(({ at }) => at >= from).map((row) => [row.key, row]));
  return [...byKey.values()].sort((left, right) => (left.at < right.at ? 1 : left.at > right.at ? -1 : 0));
}

function ofAnnouncement({
  at,
  change,
  node,
  from,
  cause,
  addresses,
  silentMs,
}: AddressHistory["announcements"][number]): HourRow {
  const what = listed(addresses, ADDRESSES_NAMED);
  const isTakeover = change === "announced" && from !== "";
  const kind = isTakeover ? "takeover" : change;
  const text = isTakeover
    ? `${node} took over ${what} from ${from}`
    : `${node} ${kind === "withdrawn" ? "withdrew" : "announces"} ${what}`;
  return {
    key: `${at} ${node} ${change} ${cause} ${from}`,
    at,
    kind,
    text,
    reason: cause,
    subject: subjectOf(addresses),
    gapMs: isTakeover ? (silentMs ?? null) : null,
  };
}

/** The one address that is meant; empty where there are several. */
function subjectOf([first = "", ...more]: readonly string[]): string {
  return more.length === 0 && !/[,-]/.test(first) ? first : "";
}

function ofHolding({ at, change, address, service }: AddressHistory["holdings"][number]): HourRow {
  const text = change === "assigned" ? `${service} was assigned ${address}` : `${service} released ${address}`;
  const key = `${at} ${change} ${address} ${service}`;
  return { key, at, kind: change, text, reason: "", subject: address, gapMs: null };
}

function ofEvent({ about, reason, message, time: at }: EventView): HourRow {
  const name = keyOf(about);
  return {
    key: `${about.kind} ${name} ${reason} ${message}`,
    at,
    kind: CONFIG.includes(reason) ? "config" : "warning",
    text: `${about.kind} ${name}: ${message}`,
    reason,
    subject: about.kind === "Service" ? name : "",
    gapMs: null,
  };
}

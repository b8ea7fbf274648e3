import { type Fields, recordsOf, textOf, textsOf } from "./record.ts";

/** Why addresses came to a speaker: the closed set that is the cause of takeovers in its metrics, which count these alone. */
export const GAIN_CAUSES = [
  /** No live member announced the address before: it is new, or all were away. */
  "Vacant",
  /** The member that announced it fell silent. */
  "MemberSilent",
  /** The member that announced it ended. */
  "MemberLeft",
  /** The member that announced it may or can no longer do so, or its node is not Ready. */
  "MemberUnable",
  /** The node that announced it is being drained (hawser drain). */
  "NodeDrained",
  /** A planned move: addresses are spread over the nodes, or go to a preferred one (--fail-back-after, hawser rebalance). */
  "Rebalanced",
  /** With externalTrafficPolicy Local: the endpoints are on other nodes now. */
  "EndpointsMoved",
  /** Two members announced it, and the weaker claim yielded. */
  "Conflict",
] as const;

/** One of `GAIN_CAUSES`. */
export type GainCause = (typeof GAIN_CAUSES)[number];

/** Why addresses came to a speaker or left it: the closed set that is the cause of takeovers in reports, log lines and Events. */
export type TakeoverCause =
  | GainCause
  /** Only of losses: no Service has the address any longer. */
  | "NotWanted"
  /** Only of losses: it must never be announced, because a machine or a gateway has it. */
  | "Forbidden";

/** One round in which addresses came to a speaker or left it, for one cause. */
export interface Takeover {
  /** ISO 8601. */
  readonly at: string;
  /** A `TakeoverCause`, or one of a newer version. */
  readonly cause: string;
  /** The node of the other speaker: the one before of gained addresses, the one after of lost ones; empty if there is none. */
  readonly from: string;
  readonly gained: number;
  readonly lost: number;
  /** Which ones, as `printAddresses` prints them; the first of them where there are many. */
  readonly addresses: readonly string[];
  /**
   * Of `MemberSilent`: milliseconds from the last sign of life of the other speaker to the first announcement of the addresses. Clients
   * were not served for about so long, at most: the other speaker died after that sign. Absent where it is not known.
   */
  readonly silentMs?: number;
}

/** A report holds at most so many takeovers, the newest first. */
export const MAX_TAKEOVERS = 8;

/** A takeover names its addresses in at most so many texts. */
export const MAX_TAKEOVER_TEXTS = 16;

/** Reads the takeovers of a report, whatever it holds. */
export function readTakeovers(value: unknown): readonly Takeover[] {
  return recordsOf(value).slice(0, MAX_TAKEOVERS).map(readTakeover);
}

function readTakeover(value: Fields): Takeover {
  return {
    at: textOf(value["at"]),
    cause: textOf(value["cause"]),
    from: textOf(value["from"]),
    gained: countOf(value["gained"]),
    lost: countOf(value["lost"]),
    addresses: textsOf(value["addresses"]).slice(0, MAX_TAKEOVER_TEXTS),
    ...readSilence(value),
  };
}

/** How long the other speaker was silent, of a takeover as it is written; nothing where it is not known. */
export function readSilence({ silentMs }: Fields): Pick<Takeover, "silentMs"> {
  return typeof silentMs === "number" && Number.isFinite(silentMs) && silentMs >= 0 ? { silentMs } : {};
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

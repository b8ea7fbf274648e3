import { type Fields, recordsOf, textOf, textsOf } from "./record.ts";

/** One round in which addresses came to a speaker or left it, from or to one node, for one cause. */
export interface Takeover {
  /** ISO 8601. */
  readonly at: string;
  /** `MemberSilent`, `MemberLeft`, ...: a closed set. */
  readonly cause: string;
  /** The node of the other speaker: of gained addresses the one before, of lost ones the one after; empty if there is none. */
  readonly from: string;
  readonly gained: number;
  readonly lost: number;
  /** Which ones, as `printAddresses` prints them; the first of them where there are many. */
  readonly addresses: readonly string[];
}

/** A report holds at most so many takeovers, the newest first. */
const MAX_TAKEOVERS = 8;

/** Texts of addresses that are read of one takeover. */
const MAX_TEXTS = 16;

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
    addresses: textsOf(value["addresses"]).slice(0, MAX_TEXTS),
  };
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

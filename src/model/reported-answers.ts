import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { parseAddressTexts, printAddresses } from "./print-addresses.ts";
import { type Fields, isRecord, recordsOf, textOf, textsOf } from "./record.ts";

/** When a speaker last answered a request for an address, and which host asked. */
export interface LastAnswer {
  readonly ip: Ip;
  /** The sender's address: 0.0.0.0 or :: of a host that has none yet, which checks whether an address is free. */
  readonly asker: Ip;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** The last answers of a speaker as its report has them. */
export interface ReportedAnswers {
  /** The newest first. An announced address in none of them was not asked for, unless `unnamed` counts it. */
  readonly answered: readonly AnsweredAddresses[];
  /** How many answered addresses there was no room for. */
  readonly unnamed: number;
}

/** Addresses that one host asked for last, at about the same time. */
interface AnsweredAddresses {
  /** ISO 8601. */
  readonly at: string;
  readonly asker: string;
  /** As `printAddresses` prints them. */
  readonly addresses: readonly string[];
}

/** The most groups in a report, one for each time and asker. */
const MAX_GROUPS = 64;
/** The most characters of addresses in them: a report must not become so long that it is cut. */
const MAX_LENGTH = 16 * 1_024;
/** Times are exact to a second where each address can have a group of its own, otherwise to a minute. */
const FINE_MS = 1_000;
const COARSE_MS = 60_000;

/** Prints the last answers, one for each address, newest first, as far as a report has room for them. */
export function printAnswers(answers: Iterable<LastAnswer>): ReportedAnswers {
  const all = [...answers];
  const stepMs = all.length > MAX_GROUPS ? COARSE_MS : FINE_MS;
  const stepOf = ({ atMs }: LastAnswer): number => Math.floor(atMs / stepMs);
  const groups = Map.groupBy(all, (one) => `${stepOf(one)} ${printIp(one.asker)}`);
  const newest = [...groups.values()].toSorted(([left], [right]) => (right?.atMs ?? 0) - (left?.atMs ?? 0));
  const answered: AnsweredAddresses[] = [];
  let [length, named] = [0, 0];
  for (const group of newest.slice(0, MAX_GROUPS)) {
    const [first] = group;
    if (first === undefined) continue;
    const addresses = printAddresses(group.map(({ ip }) => ip));
    length += addresses.reduce((sum, text) => sum + text.length, 0);
    if (length > MAX_LENGTH) break;
    named += group.length;
    answered.push({ at: new Date(stepOf(first) * stepMs).toISOString(), asker: printIp(first.asker), addresses });
  }
  return { answered, unnamed: all.length - named };
}

/** Reads the last answers of a report, whatever it holds; undefined where it has none, as that of an older version. */
export function readAnswers(value: unknown): ReportedAnswers | undefined {
  if (!isRecord(value)) return undefined;
  const { unnamed } = value;
  return {
    answered: recordsOf(value["answered"]).slice(0, MAX_GROUPS).map(readGroup),
    unnamed: typeof unnamed === "number" && unnamed > 0 ? unnamed : 0,
  };
}

function readGroup(value: Fields): AnsweredAddresses {
  return { at: textOf(value["at"]), asker: textOf(value["asker"]), addresses: textsOf(value["addresses"]) };
}

/** The last answer for an address. `none`: it was not asked for. `unknown`: the report does not say. */
export function lastAnswerFor(answers: ReportedAnswers | undefined, ip: string): LastAnswer | "none" | "unknown" {
  const group = answers?.answered.find(({ addresses }) => parseAddressTexts(addresses).has(ip));
  if (group === undefined) return answers?.unnamed === 0 ? "none" : "unknown";
  const [own, asker, atMs] = [parseIp(ip), parseIp(group.asker), Date.parse(group.at)];
  return own === undefined || asker === undefined || Number.isNaN(atMs) ? "unknown" : { ip: own, asker, atMs };
}

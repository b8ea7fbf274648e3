import { announcedAddresses, parseAddressTexts } from "./print-addresses.ts";
import { PROBLEM_CODES, type ProblemCode } from "./problem-codes.ts";
import type { Problem } from "./problem.ts";
import { type Fields, recordOf, recordsOf, textOf, textsOf } from "./record.ts";
import { readAnswers, type ReportedAnswers } from "./reported-answers.ts";
import { readTakeovers, type Takeover } from "./takeover.ts";

/** What a speaker says of itself in its report (`speaker-NODE`), as far as it could be read. */
export interface SpeakerReport {
  readonly node: string;
  /** It stands for election. */
  readonly ready: boolean;
  /** What the cluster says of its node, as it knows (`Usable`, `NodeExcluded`, ...); empty where it is unknown. */
  readonly standing: string;
  /** ISO 8601; empty where it is unknown. */
  readonly reportedAt: string;
  /** Addresses that it answers for, canonical text. */
  readonly announcing: ReadonlySet<string>;
  /** Wanted addresses that it does not stand for, by reason. */
  readonly ineligible: Readonly<Record<string, number>>;
  /** The nodes whose speakers it hears, its own included; empty where it is unknown. */
  readonly members: ReadonlySet<string>;
  readonly interfaces: readonly string[];
  /** Members that the cluster names and whose heartbeats it has not heard for some seconds, or that do not hear it. */
  readonly unheard: ReadonlySet<string>;
  /** Wanted addresses that no live member can serve, as this speaker sees it. */
  readonly unowned: readonly UnownedAddresses[];
  /** What its user can fix, at most `MAX_REPORTED_PROBLEMS`. */
  readonly problems: readonly Problem[];
  /** Those of them that say which addresses they are about. */
  readonly addressProblems: readonly AddressProblem[];
  /** The last rounds of gains and losses, the newest first. */
  readonly takeovers: readonly Takeover[];
  /** Which requests it answered last; undefined where it does not say. */
  readonly answers: ReportedAnswers | undefined;
  /** It was too long and lost the end of a list. */
  readonly isShortened: boolean;
}

/** A Problem of some addresses. */
interface AddressProblem {
  readonly problem: Problem;
  /** Canonical text. */
  readonly addresses: ReadonlySet<string>;
}

/** Addresses that no live member can serve for the same reasons. */
interface UnownedAddresses {
  /** Canonical text. */
  readonly addresses: ReadonlySet<string>;
  /** Why not, and how many members each reason keeps from it. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** The most Problems in a report. */
export const MAX_REPORTED_PROBLEMS = 16;
/** The most groups of addresses without an owner in a report, one for each combination of reasons. */
export const MAX_UNOWNED_GROUPS = 16;
/** A Problem in a report names its addresses in at most so many texts: one text holds up to 256 addresses of IPv4. */
export const MAX_PROBLEM_TEXTS = 32;
/** Names of nodes read of one list. */
const MAX_NODES = 10_000;

const PREFIX = "speaker-";

/**
 * Reads a report by its name, whatever it holds; undefined where another program wrote it. `parseList` reads its
 * lists of addresses: speakers may report the same ones, and a reader of many may read these once.
 */
export function readSpeakerReport(
  name: string,
  report: Fields,
  parseList: typeof parseAddressTexts = parseAddressTexts,
): SpeakerReport | undefined {
  if (!name.startsWith(PREFIX)) return undefined;
  const found = recordsOf(report["problems"]).slice(0, MAX_REPORTED_PROBLEMS);
  return {
    node: textOf(report["node"]) || name.slice(PREFIX.length),
    ready: report["ready"] === true,
    standing: textOf(report["standing"]),
    reportedAt: textOf(report["reportedAt"]),
    announcing: announcedAddresses(report, parseList),
    ineligible: countsOf(report["ineligible"]),
    members: new Set(recordsOf(report["members"]).map(({ node }) => textOf(node))),
    interfaces: recordsOf(report["interfaces"]).map(({ name: one }) => textOf(one)),
    unheard: new Set(textsOf(report["unheard"]).slice(0, MAX_NODES)),
    unowned: recordsOf(report["unowned"])
      .slice(0, MAX_UNOWNED_GROUPS)
      .map(({ addresses, reasons }) => ({ addresses: parseList(addresses), reasons: countsOf(reasons) })),
    problems: found.flatMap(readProblem),
    addressProblems: found.flatMap((one) => readAddressProblem(one, parseList)),
    takeovers: readTakeovers(report["takeovers"]),
    answers: readAnswers(report["answers"]),
    isShortened: report["shortened"] === true,
  };
}

function countsOf(value: unknown): Readonly<Record<string, number>> {
  const counts = Object.entries(recordOf(value));
  return Object.fromEntries(counts.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

/** A Problem of a code that this version does not know is left out: codes are a closed set. */
function readProblem(value: Fields): readonly Problem[] {
  const { code, severity } = value;
  if (typeof code !== "string" || !Object.hasOwn(PROBLEM_CODES, code)) return [];
  const [where, what, why, fix] = ["where", "what", "why", "fix"].map((key) => textOf(value[key]));
  if (where === undefined || what === undefined || why === undefined || fix === undefined) return [];
  const at = { kind: "reported", where, nodes: [] } as const;
  return [{ code: code as ProblemCode, at, what, why, fix, severity: severity === "warning" ? "warning" : "error" }];
}

/** Nothing of a Problem without addresses, as those of a speaker of an older version are. */
function readAddressProblem(value: Fields, parseList: typeof parseAddressTexts): readonly AddressProblem[] {
  const texts = textsOf(value["addresses"]).slice(0, MAX_PROBLEM_TEXTS);
  return texts.length === 0 ? [] : readProblem(value).map((problem) => ({ problem, addresses: parseList(texts) }));
}

import { type Fields, recordOf, recordsOf, textOf } from "./record.ts";
import { announcedAddresses } from "./print-addresses.ts";

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
  /** It was too long and lost the end of a list. */
  readonly isShortened: boolean;
}

const PREFIX = "speaker-";

/** Reads a report by its name, whatever it holds; undefined where another program wrote it. */
export function readSpeakerReport(name: string, report: Fields): SpeakerReport | undefined {
  if (!name.startsWith(PREFIX)) return undefined;
  return {
    node: textOf(report["node"]) || name.slice(PREFIX.length),
    ready: report["ready"] === true,
    standing: textOf(report["standing"]),
    reportedAt: textOf(report["reportedAt"]),
    announcing: announcedAddresses(report),
    ineligible: countsOf(report["ineligible"]),
    members: new Set(recordsOf(report["members"]).map(({ node }) => textOf(node))),
    interfaces: recordsOf(report["interfaces"]).map(({ name: one }) => textOf(one)),
    isShortened: report["shortened"] === true,
  };
}

function countsOf(value: unknown): Readonly<Record<string, number>> {
  const counts = Object.entries(recordOf(value));
  return Object.fromEntries(counts.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

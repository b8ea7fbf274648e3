import { type Fields, recordOf, recordsOf, textOf } from "#src/model/record.ts";
import { announcedAddresses } from "#src/model/report.ts";

/** What a speaker says of itself in its report (`speaker-NODE`), as far as it could be read. */
interface SpeakerReport {
  readonly node: string;
  readonly ready: boolean;
  /** Why the cluster keeps the node from announcing (`NodeExcluded`, ...); empty where it does not. */
  readonly reason: string;
  /** ISO 8601; empty where it is unknown. */
  readonly reportedAt: string;
  readonly announcing: ReadonlySet<string>;
  /** Wanted addresses that it does not stand for, by reason. */
  readonly ineligible: Readonly<Record<string, number>>;
  /** The speakers it hears, itself included. */
  readonly members: readonly string[];
  readonly interfaces: readonly string[];
}

/** A speaker as all reports together show it. Also its JSON, hence a list. */
export interface SpeakerView extends Omit<SpeakerReport, "announcing"> {
  readonly announcing: readonly string[];
  /** Whether it lives: the report written last still names it a member. */
  readonly alive: boolean;
}

/** All speakers, by name of node, and who answers for what. */
export interface Speakers {
  readonly views: readonly SpeakerView[];
  /** The nodes that announce an address, of those alive: one, but for moments. */
  ownersOf(ip: string): readonly string[];
}

/** Reads all speakers' reports, whatever they hold. */
export function readSpeakers(reports: ReadonlyMap<string, Fields>): Speakers {
  const read = [...reports]
    .filter(([name]) => name.startsWith("speaker-"))
    .map(([name, report]) => readReport(name.slice("speaker-".length), report))
    .sort((left, right) => (left.node < right.node ? -1 : 1));
  const latest = read.toSorted((left, right) => (left.reportedAt < right.reportedAt ? 1 : -1))[0];
  const isAlive = (one: SpeakerReport): boolean => one === latest || (latest?.members.includes(one.node) ?? false);
  const living = read.filter(isAlive);
  return {
    views: read.map((one) => ({ ...one, announcing: [...one.announcing], alive: isAlive(one) })),
    ownersOf: (ip) => living.filter(({ announcing }) => announcing.has(ip)).map(({ node }) => node),
  };
}

function readReport(fallbackNode: string, report: Fields): SpeakerReport {
  const standing = textOf(report["standing"]);
  return {
    node: textOf(report["node"]) || fallbackNode,
    ready: report["ready"] !== false,
    reason: standing === "Usable" ? "" : standing,
    reportedAt: textOf(report["reportedAt"]),
    announcing: announcedAddresses(report),
    ineligible: counts(report["ineligible"]),
    members: recordsOf(report["members"])
      .filter(({ alive }) => alive !== false)
      .map(({ node }) => textOf(node)),
    interfaces: recordsOf(report["interfaces"]).map(({ name }) => textOf(name)),
  };
}

function counts(value: unknown): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(recordOf(value)).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

import { liveSpeakers, type ReadyNodes } from "#src/model/live-speakers.ts";
import type { Fields } from "#src/model/record.ts";
import { readSpeakerReport, type SpeakerReport } from "#src/model/speaker-report.ts";

/** A speaker as all reports together show it. Also its JSON, hence the lists. */
export interface SpeakerView extends Pick<
  SpeakerReport,
  "node" | "ready" | "reportedAt" | "ineligible" | "interfaces"
> {
  /** Whether it lives, as far as the reports and the Nodes tell. */
  readonly alive: boolean;
  /** Why the cluster keeps the node from announcing (`NodeExcluded`, ...); empty where it does not. */
  readonly reason: string;
  readonly announcing: readonly string[];
  /** The speakers it hears, itself included. */
  readonly members: readonly string[];
}

/** All speakers, by name of node, and who answers for what. */
export interface Speakers {
  readonly views: readonly SpeakerView[];
  /** The nodes that announce an address, of those alive: one, but for moments. */
  ownersOf(ip: string): readonly string[];
}

/** Reads all speakers' reports, whatever they hold. */
export function readSpeakers(reports: ReadonlyMap<string, Fields>, readyNodes: ReadyNodes): Speakers {
  const read = [...reports]
    .flatMap(([name, report]) => readSpeakerReport(name, report) ?? [])
    .sort((left, right) => (left.node < right.node ? -1 : 1));
  const live = liveSpeakers(read, readyNodes);
  const living = read.filter((report) => live.has(report));
  return {
    views: read.map((report) => viewOf(report, live.has(report))),
    ownersOf: (ip) => living.filter(({ announcing }) => announcing.has(ip)).map(({ node }) => node),
  };
}

function viewOf(report: SpeakerReport, alive: boolean): SpeakerView {
  const { node, ready, standing, reportedAt, announcing, ineligible, members, interfaces } = report;
  return {
    node,
    alive,
    ready,
    reason: standing === "Usable" ? "" : standing,
    reportedAt,
    announcing: [...announcing],
    ineligible,
    members: [...members],
    interfaces,
  };
}

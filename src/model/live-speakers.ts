import type { Node } from "./node.ts";
import type { SpeakerReport } from "./speaker-report.ts";

/** The nodes that are Ready; undefined where no Node is declared. */
export type ReadyNodes = ReadonlySet<string> | undefined;

export function readyNodesOf(nodes: readonly Node[]): ReadyNodes {
  return nodes.length === 0 ? undefined : new Set(nodes.filter(({ ready }) => ready).map(({ name }) => name));
}

/**
 * Whether a report is older than what is known of its node: it says that nothing is wrong with that, and the Node is not
 * Ready, or gone. Its speaker may live and not reach the API server; what it announces now is not known.
 */
export function isOutdated({ node, standing }: SpeakerReport, readyNodes: ReadyNodes): boolean {
  return standing === "Usable" && readyNodes?.has(node) === false;
}

/**
 * Whose reports are believed: a speaker that died leaves its report behind, as does one that cannot reach the API
 * server. A contradiction shows that a report is old. Either it says that its speaker hears others, and of these one
 * does not hear it. Or it says that nothing is wrong with its node, and the Node is not Ready, or gone: a speaker that
 * lives and reaches the API server would have said so. What another speaker hears that is believed lives all the same,
 * and so does one whose report names the one that does not hear it: heartbeats pass in one direction only.
 *
 * Speakers that do not hear each other at all are believed, because so it is too while a network is split or heartbeat
 * keys differ: each of them answers. So those count as live that die last, or all at once, on nodes that stay Ready.
 */
export function liveSpeakers(reports: readonly SpeakerReport[], readyNodes: ReadyNodes): ReadonlySet<SpeakerReport> {
  const candidates = reports.filter((report) => !isOutdated(report, readyNodes));
  // One that is not ready has not heard all others yet, and a list that lost its end does not say whom it lacks.
  const judges = candidates.filter(({ ready, members, isShortened }) => ready && members.size > 0 && !isShortened);
  const isUnheard = ({ node, members, unheard }: SpeakerReport): boolean =>
    judges.some((judge) => members.has(judge.node) && !judge.members.has(node) && !unheard.has(judge.node));
  const believed = candidates.filter((report) => !isUnheard(report));
  const heard = new Set(believed.flatMap(({ members }) => [...members]));
  return new Set([...believed, ...reports.filter(({ node }) => heard.has(node))]);
}

import type { SpeakerReport } from "./speaker-report.ts";

/**
 * Whose reports are believed: a speaker that died leaves its report behind. It shows by a contradiction: the dead one
 * says that it hears others, and of these at least one does not hear it. What any speaker hears that nobody contradicts
 * lives all the same: a report may be old for another reason, as where a node lost the API server alone.
 *
 * Speakers that do not hear each other at all are believed, for so it is too while a network is split or heartbeat keys
 * differ: each of them answers. Hence one that died before it heard anybody, or last of all, counts as live.
 */
export function liveSpeakers(reports: readonly SpeakerReport[]): ReadonlySet<SpeakerReport> {
  // One that is not ready has not heard all others yet, and a list that lost its end does not say whom it lacks.
  const judges = reports.filter(({ ready, members, isShortened }) => ready && members.size > 0 && !isShortened);
  const isContradicted = ({ node, members }: SpeakerReport): boolean =>
    judges.some((judge) => members.has(judge.node) && !judge.members.has(node));
  const believed = reports.filter((report) => !isContradicted(report));
  const heard = new Set(believed.flatMap(({ members }) => [...members]));
  return new Set([...believed, ...reports.filter(({ node }) => heard.has(node))]);
}

import { liveSpeakers, readyNodesOf } from "#src/model/live-speakers.ts";
import type { Node } from "#src/model/node.ts";
import type { SpeakerReport } from "#src/model/speaker-report.ts";
import type { SpeakerPod } from "./speaker-pod.ts";

/** What is known of a speaker, the worst first. */
type SpeakerState =
  /** Its container does not run; `detail` says why. */
  | "not running"
  /** No pod of the DaemonSet is on the node. */
  | "no pod"
  /** Other speakers do not hear it, or its Node is not Ready: what it reported no longer holds. */
  | "silent"
  /** Neither a report nor a pod can be seen. */
  | "unknown"
  /** It runs and has not reported yet. */
  | "no report"
  /** It runs, and still learns of the other speakers and the cluster. */
  | "joining"
  /** It stands for election. */
  | "up";

/** A speaker as its report, its pod and its Node together show it. This is also its JSON, so it has lists. */
export interface SpeakerView {
  readonly node: string;
  readonly state: SpeakerState;
  /** Why it does not run, or what keeps its node from announcing; empty where there is nothing to say. */
  readonly detail: string;
  /** Whether it lives, as far as is known. */
  readonly alive: boolean;
  /** False where only its own last report says so: a speaker that was killed leaves that behind. */
  readonly certain: boolean;
  readonly ready: boolean;
  /** ISO 8601; empty where it has not reported. */
  readonly reportedAt: string;
  readonly announcing: readonly string[];
  /** Wanted addresses that it does not announce, by reason. */
  readonly ineligible: Readonly<Record<string, number>>;
  /** The speakers it hears, itself included. */
  readonly members: readonly string[];
  /** Members that it does not hear, or that do not hear it. */
  readonly unheard: readonly string[];
  readonly interfaces: readonly string[];
}

/** What is seen of the speakers. Undefined where it may not be read. */
export interface SpeakersSeen {
  readonly reports: readonly SpeakerReport[] | undefined;
  /** The pods of the DaemonSet; empty where there is none, as in a folder. */
  readonly pods: readonly SpeakerPod[] | undefined;
  readonly nodes: readonly Node[] | undefined;
}

/** All speakers, by name of node, and which of them announces what. */
export interface Speakers {
  readonly views: readonly SpeakerView[];
  /** The reports that are believed. */
  readonly live: readonly SpeakerReport[];
  /** Whether anything is known of what the speakers announce. */
  readonly isKnown: boolean;
  /** The nodes that announce an address, of those alive: one, except for moments. */
  ownersOf(ip: string): readonly SpeakerView[];
}

/** Puts together what is known of each speaker, and lists every Node, whether or not it has one. */
export function viewSpeakers({ reports, pods = [], nodes = [] }: SpeakersSeen): Speakers {
  // While a pod is replaced its node has two: the one that runs counts.
  const byRunning = pods.toSorted((left, right) => Number(left.isRunning) - Number(right.isRunning));
  const podOf = new Map(byRunning.map((pod) => [pod.node, pod]));
  // Without any pod, speakers are run otherwise than by the DaemonSet, and the lack of a pod proves nothing.
  const isProvenByPods = podOf.size > 0;
  const reportOf = new Map(reports?.map((report) => [report.node, report]));
  const current = [...reportOf.values()].filter(
    (report) => !isProvenByPods || isOfRunningPod(report, podOf.get(report.node)),
  );
  const live = liveSpeakers(current, readyNodesOf(nodes));
  const notReady = new Set(nodes.filter(({ ready }) => !ready).map(({ name }) => name));
  const names = new Set([...nodes.map(({ name }) => name), ...podOf.keys(), ...reportOf.keys()]);
  const views = [...names].sort().flatMap((node) => {
    if (node === "") return [];
    const report = reportOf.get(node);
    const isLive = report !== undefined && live.has(report);
    const pod = podOf.get(node);
    const isNodeReady = !notReady.has(node);
    return [viewSpeaker({ node, report, isLive, pod, isNodeReady, isProvenByPods, isKnown: reports !== undefined })];
  });
  return {
    views,
    live: [...live],
    isKnown: reports !== undefined,
    ownersOf: (ip) => views.filter(({ announcing }) => announcing.includes(ip)),
  };
}

interface Seen {
  readonly node: string;
  readonly report: SpeakerReport | undefined;
  readonly pod: SpeakerPod | undefined;
  /** Its report is believed. */
  readonly isLive: boolean;
  /** Its Node is Ready, as far as is known. */
  readonly isNodeReady: boolean;
  readonly isProvenByPods: boolean;
  /** Reports may be read. */
  readonly isKnown: boolean;
}

function viewSpeaker(seen: Seen): SpeakerView {
  const { node, report, isLive, isProvenByPods } = seen;
  const state = stateOf(seen);
  const live = isLive ? report : undefined;
  return {
    node,
    state,
    detail: detailOf(seen, state),
    alive: isLive,
    certain: state !== "unknown" && (isProvenByPods || !isLive),
    ready: report?.ready === true,
    reportedAt: report?.reportedAt ?? "",
    announcing: [...(live?.announcing ?? [])],
    ineligible: live?.ineligible ?? {},
    members: [...(report?.members ?? [])],
    unheard: [...(live?.unheard ?? [])],
    interfaces: report?.interfaces ?? [],
  };
}

function detailOf({ report, pod, isLive, isNodeReady }: Seen, state: SpeakerState): string {
  if (state === "not running") return pod?.waitsFor ?? "";
  if (!isNodeReady) return "Node not Ready";
  return isLive && report !== undefined && report.standing !== "Usable" ? report.standing : "";
}

function stateOf({ report, pod, isLive, isProvenByPods, isKnown }: Seen): SpeakerState {
  if (isProvenByPods && pod === undefined) return "no pod";
  if (pod !== undefined && !pod.isRunning) return "not running";
  if (isLive) return report?.ready === true && pod?.isReady !== false ? "up" : "joining";
  if (!isKnown) return "unknown";
  // A report from before its container started is that of the process before.
  if (report === undefined || (pod !== undefined && !isOfRunningPod(report, pod))) return "no report";
  return "silent";
}

/** Whether a report is the word of the process that runs in this pod. Both clocks are those of the same node. */
function isOfRunningPod({ reportedAt }: SpeakerReport, pod: SpeakerPod | undefined): boolean {
  if (pod === undefined || !pod.isRunning) return false;
  const reportedMs = Date.parse(reportedAt);
  // `startedAt` has whole seconds.
  return pod.runsSinceMs === undefined || Number.isNaN(reportedMs) || reportedMs >= pod.runsSinceMs;
}

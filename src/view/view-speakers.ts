import { isOutdated, liveSpeakers, readyNodesOf } from "#src/model/live-speakers.ts";
import type { Node } from "#src/model/node.ts";
import type { SpeakerReport } from "#src/model/speaker-report.ts";
import type { SpeakerProcess } from "./speaker-process.ts";

/** What is known of a speaker, the worst first. */
type SpeakerState =
  /** Its process does not run; `detail` says why. */
  | "not running"
  /** No pod of the DaemonSet is on the node. */
  | "no speaker"
  /** Other speakers do not hear it, or its Node is not Ready: what it reported no longer holds. */
  | "silent"
  /** Neither its report nor its process can be seen. */
  | "unknown"
  /** It runs and has not reported yet. */
  | "no report"
  /** It runs, and still learns of the other speakers and the cluster. */
  | "joining"
  /** It stands for election. */
  | "up";

/** A speaker as its report, its process and its Node together show it. This is also its JSON, so it has lists. */
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
  /** Their processes; empty where nothing shows these. */
  readonly processes: readonly SpeakerProcess[] | undefined;
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
export function viewSpeakers({ reports, processes = [], nodes = [] }: SpeakersSeen): Speakers {
  // While a pod is replaced its node has two: the one that runs counts.
  const byRunning = processes.toSorted((left, right) => Number(left.isRunning) - Number(right.isRunning));
  const processOf = new Map(byRunning.map((one) => [one.node, one]));
  // Without any, speakers are run otherwise than by the DaemonSet, and the lack of a process proves nothing.
  const isProven = processOf.size > 0;
  const reportOf = new Map(reports?.map((report) => [report.node, report]));
  const current = [...reportOf.values()].filter(
    (report) => !isProven || isOfProcess(report, processOf.get(report.node)),
  );
  const readyNodes = readyNodesOf(nodes);
  const live = liveSpeakers(current, readyNodes);
  const known = new Set(nodes.map(({ name }) => name));
  const notReady = new Set(nodes.filter(({ ready }) => !ready).map(({ name }) => name));
  const names = new Set([...nodes.map(({ name }) => name), ...processOf.keys(), ...reportOf.keys()]);
  const views = [...names].sort().flatMap((node) => {
    if (node === "") return [];
    const report = reportOf.get(node);
    const isLive = report !== undefined && live.has(report);
    const process = processOf.get(node);
    const nodeState = notReady.has(node) ? "not Ready" : known.size === 0 || known.has(node) ? "Ready" : "gone";
    return [viewSpeaker({ node, report, isLive, process, nodeState, isProven, isKnown: reports !== undefined })];
  });
  const owners = new Map<string, SpeakerView[]>();
  // What an outdated report says counts where no other speaker says that it took over.
  const outdated = new Set(current.filter((report) => isOutdated(report, readyNodes)).map(({ node }) => node));
  const ordered = views.toSorted((left, right) => Number(outdated.has(left.node)) - Number(outdated.has(right.node)));
  for (const view of ordered)
    for (const ip of view.announcing)
      if (!owners.has(ip) || !outdated.has(view.node)) owners.set(ip, [...(owners.get(ip) ?? []), view]);
  return {
    views,
    live: [...live],
    isKnown: reports !== undefined,
    ownersOf: (ip) => owners.get(ip) ?? [],
  };
}

interface Seen {
  readonly node: string;
  readonly report: SpeakerReport | undefined;
  readonly process: SpeakerProcess | undefined;
  /** Its report is believed. */
  readonly isLive: boolean;
  /** What its Node is, as far as is known. */
  readonly nodeState: "Ready" | "not Ready" | "gone";
  /** Processes can be seen. */
  readonly isProven: boolean;
  /** Reports may be read. */
  readonly isKnown: boolean;
}

function viewSpeaker(seen: Seen): SpeakerView {
  const { node, report, isLive, isProven } = seen;
  const state = stateOf(seen);
  const live = isLive ? report : undefined;
  return {
    node,
    state,
    detail: detailOf(seen, state),
    alive: isLive,
    certain: state !== "unknown" && (isProven || !isLive),
    ready: report?.ready === true,
    reportedAt: report?.reportedAt ?? "",
    announcing: [...(live?.announcing ?? [])],
    ineligible: live?.ineligible ?? {},
    members: [...(report?.members ?? [])],
    unheard: [...(live?.unheard ?? [])],
    interfaces: report?.interfaces ?? [],
  };
}

function detailOf({ report, process, isLive, nodeState }: Seen, state: SpeakerState): string {
  if (state === "not running") return process?.waitsFor ?? "";
  if (nodeState !== "Ready") return `Node ${nodeState}`;
  return isLive && report !== undefined && report.standing !== "Usable" ? report.standing : "";
}

function stateOf({ report, process, isLive, isProven, isKnown }: Seen): SpeakerState {
  if (isProven && process === undefined) return "no speaker";
  if (process !== undefined && !process.isRunning) return "not running";
  if (isLive) return report?.ready === true && process?.isReady !== false ? "up" : "joining";
  if (!isKnown) return "unknown";
  // A report from before its container started is that of the process before.
  if (report === undefined || (process !== undefined && !isOfProcess(report, process))) return "no report";
  return "silent";
}

/** Whether a report is the word of the process that runs now. Both clocks are those of the same node. */
function isOfProcess({ reportedAt }: SpeakerReport, process: SpeakerProcess | undefined): boolean {
  if (process === undefined || !process.isRunning) return false;
  const reportedMs = Date.parse(reportedAt);
  // `startedAt` has whole seconds.
  return process.runsSinceMs === undefined || Number.isNaN(reportedMs) || reportedMs >= process.runsSinceMs;
}

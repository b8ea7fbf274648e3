import { setTimeout as sleep } from "node:timers/promises";
import type { CaptureReport } from "#src/model/capture-report.ts";
import { CAPTURE_ANNOTATION, type CaptureRequest, printCaptureRequest } from "#src/model/capture-request.ts";
import { monotonicMs } from "#src/process/clock.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { annotateNode } from "./annotate-node.ts";
import { openCaptureReports } from "./open-capture-reports.ts";
import type { SeeOptions } from "./see-installation.ts";

/** Nodes that are asked at the same time: the last one is not to begin when the first one is at its end. */
const AT_ONCE = 8;

export interface CaptureOnNodes {
  /** For messages. */
  readonly command: string;
  readonly io: ProgramIo;
  readonly nodes: readonly string[];
  readonly request: Omit<CaptureRequest, "text">;
}

/** What the speakers of some nodes saw, and which nodes said nothing. */
export interface CapturedOnNodes {
  readonly reports: readonly CaptureReport[];
  readonly missing: readonly { readonly node: string; readonly why: string }[];
}

/**
 * Asks the speakers of nodes for the frames about an address, waits until all have answered or their time is over, and takes the
 * question back, also where a person ends it: then what was answered by then is all.
 */
export async function captureOnNodes(options: SeeOptions, capture: CaptureOnNodes): Promise<CapturedOnNodes> {
  const { command, io, nodes, request } = capture;
  const text = printCaptureRequest(request);
  const ending = new AbortController();
  io.onSignal(() => ending.abort());
  const about = { command, io, name: CAPTURE_ANNOTATION };
  const asked = new Set<string>();
  try {
    await atOnce(nodes, options, async (node) => {
      if (!ending.signal.aborted && (await annotateNode(options, { ...about, node, value: text }))) asked.add(node);
    });
    const reports = await waitFor(options, { io, asked, text, forMs: request.forMs, signal: ending.signal });
    const answered = new Set(reports.map(({ node }) => node));
    const missing = nodes
      .filter((node) => !answered.has(node))
      .map((node) => ({ node, why: asked.has(node) ? NO_ANSWER : "it could not be asked" }));
    return { reports, missing };
  } finally {
    await atOnce([...asked], options, async (node) => {
      await annotateNode(options, { ...about, node, value: undefined, inPlaceOf: text });
    });
  }
}

const NO_ANSWER =
  "its speaker did not answer: it does not run, is of an earlier version, was asked for something else, or has a clock that is a minute off";

interface Waiting {
  readonly io: ProgramIo;
  readonly asked: ReadonlySet<string>;
  readonly text: string;
  readonly forMs: number;
  readonly signal: AbortSignal;
}

async function waitFor(
  options: SeeOptions,
  { io, asked, text, forMs, signal }: Waiting,
): Promise<readonly CaptureReport[]> {
  const source = asked.size === 0 ? undefined : await openCaptureReports(options, io);
  if (source === undefined) return [];
  const endMs = monotonicMs() + forMs + source.graceMs;
  const found = new Map<string, CaptureReport>();
  try {
    while (found.size < asked.size && !signal.aborted && monotonicMs() < endMs) {
      await sleep(source.everyMs, undefined, { signal }).catch(() => undefined);
      for (const report of await source.look())
        if (report.asked === text && asked.has(report.node)) found.set(report.node, report);
    }
  } finally {
    await source.close();
  }
  return [...found.values()].toSorted((left, right) => (left.node < right.node ? -1 : 1));
}

/** Does something for each node, for some at the same time. In a folder one after the other: all are files that one program writes. */
async function atOnce(
  nodes: readonly string[],
  { manifests }: SeeOptions,
  work: (node: string) => Promise<void>,
): Promise<void> {
  const rest = nodes[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const node of rest) await work(node);
  };
  await Promise.all(Array.from({ length: manifests === undefined ? AT_ONCE : 1 }, worker));
}

import { setTimeout as sleep } from "node:timers/promises";
import { printProblem, type Problem } from "#src/model/problem.ts";
import { wallMs } from "#src/process/clock.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { installationOptions, sourceOptions } from "#src/source/source-options.ts";
import { clusterOptions } from "./cluster-options.ts";
import { lookAtCluster } from "./status-cluster.ts";
import { openFolder } from "./status-folder.ts";
import { printStatusView } from "./status-text.ts";
import type { StatusView } from "./status-view.ts";

const specs = {
  manifests: sourceOptions.manifests,
  ...clusterOptions,
  ...installationOptions,
  json: { kind: "boolean", help: "Print JSON, one object in one line" },
  watch: { kind: "boolean", help: "Print it again whenever it changes, until Ctrl-C" },
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof specs>;

const about = `Shows pools, Services with their addresses and owners, speakers, leaders and the latest Events of the Hawser that
runs on a cluster, or on a folder of manifests.
Exit code: 0, also where there are Problems to show; 1 where the folder or the cluster cannot be read; 2 for wrong options.`;
/** With --watch: how often a folder is looked at for what the source does not tell of (reports, Events). */
const LOOK_AT_FOLDER_MS = 500;
/** A cluster is listed each time. */
const LOOK_AT_CLUSTER_MS = 5_000;
/** Clears a terminal. */
const CLEAR = "\u001B[H\u001B[2J\u001B[3J";
/** Codes of what is wrong with the call, and not with the cluster. */
const USAGE: readonly string[] = ["SOURCE_MISSING", "KUBECONFIG_UNREADABLE", "KUBECONFIG_UNSUPPORTED"];

/** Runs `hawser status`. Resolves with the exit code. */
export async function runStatus(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(specs, args, io, { command: "hawser status", about });
  if (read.kind === "exit") return read.code;
  const options = read.values;
  return options.manifests === undefined ? showCluster(options) : showFolder(options, options.manifests);
}

async function showFolder(options: Options, manifests: string): Promise<number> {
  const folder = await openFolder({ ...options, manifests });
  if (typeof folder === "string") {
    process.stderr.write(`Cannot show the status of ${manifests}: ${folder}\n`);
    return 1;
  }
  await show(options, { first: await folder.look(), everyMs: LOOK_AT_FOLDER_MS, look: async () => folder.look() });
  await folder.close();
  return 0;
}

async function showCluster(options: Options): Promise<number> {
  const look = async () => lookAtCluster({ ...options, env: process.env });
  const found = await look();
  if (!found.ok) {
    complain(found.problems);
    return found.problems.some(({ code }) => USAGE.includes(code)) ? EXIT_USAGE : 1;
  }
  await show(options, {
    first: found.value,
    everyMs: LOOK_AT_CLUSTER_MS,
    look: async () => {
      const next = await look();
      if (!next.ok) complain(next.problems);
      return next.ok ? next.value : undefined;
    },
  });
  return 0;
}

function complain(problems: readonly Problem[]): void {
  for (const problem of problems) process.stderr.write(`${printProblem(problem)}\n`);
}

interface Shown {
  readonly first: StatusView;
  readonly everyMs: number;
  /** Undefined: it could not be seen this time. */
  look(): Promise<StatusView | undefined>;
}

/** Prints a view, and with --watch each one after it that differs. */
async function show(options: Options, { first, everyMs, look }: Shown): Promise<void> {
  process.stdout.write(print(first, options));
  if (!options.watch) return;
  let last = first;
  await everyLook(everyMs, async () => {
    const next = await look();
    if (next === undefined) return;
    const isSame = JSON.stringify(next) === JSON.stringify(last);
    last = next;
    // On a terminal the ages go on, too.
    if (process.stdout.isTTY && !options.json) process.stdout.write(`${CLEAR}${print(next, options)}`);
    else if (!isSame) process.stdout.write(`${options.json ? "" : "\n"}${print(next, options)}`);
  });
}

function print(status: StatusView, { json }: Options): string {
  return json ? `${JSON.stringify(status)}\n` : printStatusView(status, wallMs());
}

/** Calls `look` again and again, until SIGINT, SIGTERM or a reader that went away. */
async function everyLook(everyMs: number, look: () => Promise<void>): Promise<void> {
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
  process.stdout.on("error", () => ending.abort());
  while (!ending.signal.aborted) {
    await sleep(everyMs, undefined, { signal: ending.signal }).catch(() => undefined);
    if (!ending.signal.aborted) await look();
  }
}

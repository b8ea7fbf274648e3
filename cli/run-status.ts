import { oneLine } from "#src/model/one-line.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { withPlacePrinted } from "#src/model/problem.ts";
import { wallMs } from "#src/process/clock.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { printProblems, readOptions } from "#src/process/read-options.ts";
import { type StatusView, viewStatus } from "#src/view/status-view.ts";
import { withFiles } from "./finding-of.ts";
import { lookOptions } from "./look-options.ts";
import { lookAtCluster } from "./look-at-cluster.ts";
import { openFolder } from "./open-folder.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { printOutput } from "./print-output.ts";
import { printStatus } from "./print-status.ts";
import { exitCodeOfBlind, NO_FILES } from "./see-installation.ts";

/** Its options. */
export const statusOptions = {
  ...lookOptions("Show"),
  exitCode: { kind: "boolean", help: "Exit with 1 when a Service is not served, or no controller leads" },
  ...outputOptions("one object in one line"),
  watch: { kind: "boolean", help: "Print it again whenever it changes, until Ctrl-C" },
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof statusOptions>;

const about = `Shows pools, Services with their addresses, owners and endpoints, the speaker of each Node, takeovers, leaders, the
latest Events and every problem of the Hawser in a cluster, or in a folder of manifests. docs/status.md explains each column,
and which rights it needs.
? marks what cannot be known; NAME? what only the last report of that speaker says.
Exit code: 0 when everything could be read; 1 when something could not be read or Hawser is not in the namespace, and with
--exit-code when a Service is not served or no controller leads; 2 for wrong options.`;
/** With --watch: how often a folder is read for what its source does not report (Events, signs of life). */
const LOOK_AT_FOLDER_MS = 500;
/** With --watch: how often a cluster is listed. */
const LOOK_AT_CLUSTER_MS = 5_000;
/** With --watch: what is between one print and the next one. */
const BETWEEN = { text: "\n", wide: "\n", name: "\n", json: "", yaml: "---\n" } as const;
/** Clears a terminal. */
const CLEAR = "\u001B[H\u001B[2J\u001B[3J";

/** Runs `hawser status`. Resolves with the exit code. */
export async function runStatus(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(statusOptions, args, io, { command: "hawser status", about });
  if (read.kind === "exit") return read.code;
  const options = read.values;
  return options.manifests === undefined ? showCluster(options, io) : showFolder(options, options.manifests, io);
}

/** What a view means for the exit code. */
function exitCodeOf({ services, problems, unknown }: StatusView, options: Options): number {
  const codes = new Set(problems.map(({ code }) => code));
  if (unknown.length > 0 || codes.has("INSTALLATION_NOT_FOUND")) return 1;
  if (!options.exitCode) return 0;
  return services.some(({ served }) => !served) || codes.has("CONTROLLER_NOT_LEADING") ? 1 : 0;
}

async function showFolder(options: Options, manifests: string, io: ProgramIo): Promise<number> {
  const folder = await openFolder({ ...options, manifests });
  if (typeof folder === "string") {
    io.stderr.write(`${oneLine(`Cannot show the status of ${manifests}: ${folder}`)}\n`);
    return 1;
  }
  const look = async () => withFiles(viewStatus(await folder.look()), folder.placeOf);
  const last = await show(options, io, {
    first: await look(),
    everyMs: LOOK_AT_FOLDER_MS,
    look,
  });
  await folder.close();
  return exitCodeOf(last, options);
}

async function showCluster(options: Options, io: ProgramIo): Promise<number> {
  const look = async () => lookAtCluster({ ...options, env: io.env });
  const found = await look();
  if (!found.ok) {
    printProblems(io, found.problems);
    return exitCodeOfBlind(found.problems);
  }
  const last = await show(options, io, {
    first: withFiles(viewStatus(found.value), NO_FILES),
    everyMs: LOOK_AT_CLUSTER_MS,
    look: async () => {
      const next = await look();
      if (!next.ok) printProblems(io, next.problems);
      return next.ok ? withFiles(viewStatus(next.value), NO_FILES) : undefined;
    },
  });
  return exitCodeOf(last, options);
}

interface Shown {
  readonly first: StatusView;
  readonly everyMs: number;
  /** Undefined: it could not be seen this time. */
  look(): Promise<StatusView | undefined>;
}

/** Prints a view, and with --watch each one after it that differs. Resolves with the last one. */
async function show(options: Options, io: ProgramIo, { first, everyMs, look }: Shown): Promise<StatusView> {
  const { stdout } = io;
  const form = formOf(options);
  const isText = form === "text" || form === "wide";
  const isTerminal = "isTTY" in stdout && stdout.isTTY === true;
  stdout.write(print(first, options));
  if (!options.watch) return first;
  let last = first;
  await everyLook(io, everyMs, async () => {
    const next = await look();
    if (next === undefined) return;
    const isSame = JSON.stringify(next) === JSON.stringify(last);
    last = next;
    // On a terminal the ages go on, too.
    if (isTerminal && isText) stdout.write(`${CLEAR}${print(next, options)}`);
    else if (!isSame) stdout.write(`${BETWEEN[form]}${print(next, options)}`);
  });
  return last;
}

function print(status: StatusView, options: Options): string {
  return printOutput(formOf(options), {
    documents: () => [{ ...status, problems: status.problems.map(withPlacePrinted) }],
    text: (isWide) => printStatus(status, wallMs(), isWide),
    names: () =>
      objectsByKey(
        "Service",
        status.services.map(({ service }) => service),
      ),
  });
}

/** Calls `look` again and again, until the program is asked to end or its reader goes away. */
async function everyLook(io: ProgramIo, everyMs: number, look: () => Promise<void>): Promise<void> {
  const ending = new AbortController();
  io.onSignal(() => ending.abort());
  io.stdout.on("error", () => ending.abort());
  while (!ending.signal.aborted) {
    await sleep(everyMs, undefined, { signal: ending.signal }).catch(() => undefined);
    if (!ending.signal.aborted) await look();
  }
}

import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { keyOf } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { wallMs } from "#src/process/clock.ts";
import { createLogger } from "#src/process/log.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { parseOptions } from "#src/process/options.ts";
import { readEvents } from "#src/source/event-file.ts";
import { openFolderSource } from "#src/source/folder.ts";
import type { Source } from "#src/source/source.ts";
import { refuse } from "./refuse.ts";
import { printStatusView } from "./status-text.ts";
import { type StatusView, viewStatus } from "./status-view.ts";

const specs = {
  manifests: {
    kind: "string",
    required: true,
    placeholder: "DIR",
    help: "The folder of manifests that Hawser runs on",
  },
  namespace: { kind: "string", default: "hawser-system", help: "Namespace of the ConfigMap" },
  configMap: { kind: "string", default: "hawser", help: "Name of the ConfigMap with the pools" },
  json: { kind: "boolean", help: "Print JSON, one object in one line" },
  watch: { kind: "boolean", help: "Print it again whenever it changes, until Ctrl-C" },
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof specs>;

const about = "Shows pools, Services, speakers and the latest Events of the Hawser that runs on a folder of manifests.";
/** With --watch: how often is looked for a change of what the source does not tell of (reports, Events). */
const LOOK_MS = 500;
/** Clears a terminal. */
const CLEAR = "\u001B[H\u001B[2J\u001B[3J";

/** Prints the state; 0, or 1 where the folder cannot be read, or 2 for wrong options. */
export async function main(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(specs, args, process.env, { command: "hawser status", about });
  if (parsed.kind !== "values") return refuse(parsed, "hawser status");
  const options = parsed.values;
  const fault = await faultOf(options.manifests);
  if (fault !== undefined) {
    process.stderr.write(`Cannot show the status of ${options.manifests}: ${fault}\n`);
    return 1;
  }
  const source = openFolderSource({
    directory: options.manifests,
    log: createLogger({ component: "cli", level: "warn", to: "stderr" }),
  });
  const problems = new Map<string, readonly Problem[]>();
  await source.open(["ConfigMap", "Service"], {
    onChange: () => undefined,
    onProblems: (where, found) => problems.set(where, found),
  });
  const look = async (): Promise<StatusView> => view(options, source, [...problems.values()].flat());
  let last = await look();
  process.stdout.write(print(last, options));
  if (options.watch) {
    await everyLook(async () => {
      const next = await look();
      const isSame = JSON.stringify(next) === JSON.stringify(last);
      last = next;
      // On a terminal the ages go on, too.
      if (process.stdout.isTTY && !options.json) process.stdout.write(`${CLEAR}${print(next, options)}`);
      else if (!isSame) process.stdout.write(`${options.json ? "" : "\n"}${print(next, options)}`);
    });
  }
  await source.close();
  return 0;
}

async function view(options: Options, source: Source, problems: readonly Problem[]): Promise<StatusView> {
  const key = keyOf({ namespace: options.namespace, name: options.configMap });
  return viewStatus({
    configMap: source.list("ConfigMap").get(key),
    services: source.list("Service").values(),
    reports: source.reports(),
    events: await readEvents(options.manifests),
    problems,
  });
}

function print(status: StatusView, { json }: Options): string {
  return json ? `${JSON.stringify(status)}\n` : printStatusView(status, wallMs());
}

/** Why a folder cannot be read; undefined if it can. */
async function faultOf(directory: string): Promise<string | undefined> {
  const error = await readdir(directory).then(
    () => undefined,
    ({ code, message }: NodeJS.ErrnoException) => code ?? message,
  );
  return { ENOENT: "it is not there", ENOTDIR: "it is no folder", EACCES: "you may not read it" }[error ?? ""] ?? error;
}

/** Calls `look` again and again, until SIGINT, SIGTERM or a reader that went away. */
async function everyLook(look: () => Promise<void>): Promise<void> {
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
  process.stdout.on("error", () => ending.abort());
  while (!ending.signal.aborted) {
    await sleep(LOOK_MS, undefined, { signal: ending.signal }).catch(() => undefined);
    if (!ending.signal.aborted) await look();
  }
}

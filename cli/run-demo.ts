import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { followLauncher } from "#src/process/follow-launcher.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { openPageRelay } from "./open-page-relay.ts";

/** The chapters that --tour takes: the names in lab/demo/tour.ts, which no installation has. */
const CHAPTERS: readonly string[] = [
  "arp",
  "pages",
  "crash",
  "move",
  "drain",
  "conflict",
  "exhausted",
  "explain",
  "page",
];

/** Its options. */
export const demoOptions = {
  json: {
    kind: "boolean",
    help: 'Print one JSON event per line; the last one is {"event":"done","ok":true,...} with the figures',
  },
  kubernetes: {
    kind: "boolean",
    help: "Run it on a real Kubernetes: API server, controllers and kube-proxy. Go builds these the first time (5 minutes)",
  },
  tour: {
    kind: "list",
    placeholder: "CHAPTER,...",
    help: `Tell these chapters alone: ${CHAPTERS.join(", ")} (default: all)`,
  },
  keep: {
    kind: "boolean",
    help: "Leave the rack up at the end and print how to enter it and the address of its page. Ctrl-C cleans up",
  },
} as const satisfies OptionSpecs;

const about =
  "Shows takeovers on a rack of three nodes in network namespaces of this machine. Needs no root, no cluster and no network.";

/** The image holds the programs and no lab. */
const NOT_HERE = "it is not part of this installation. Run it in a clone of the repository: npm run demo";
const BUILD = fileURLToPath(new URL("../scripts/cluster.js", import.meta.url));
const ENTER = fileURLToPath(new URL("../lab/rack/enter.js", import.meta.url));
const STORY = fileURLToPath(new URL("../lab/demo/main.ts", import.meta.url));

/** Runs `hawser demo`, the demo as a program of its own. Resolves with its exit code. */
export async function runDemo(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(demoOptions, args, io, { command: "hawser demo", about });
  if (read.kind === "exit") return read.code;
  if (!existsSync(ENTER)) return printFailure(io, NOT_HERE, read.values.json);
  const unknown = read.values.tour.filter((name) => !CHAPTERS.includes(name));
  if (unknown.length > 0) {
    const error = `there is no chapter ${unknown.join(", ")}; there are ${CHAPTERS.join(", ")}`;
    printFailure(io, error, read.values.json);
    return EXIT_USAGE;
  }
  const reason = read.values.kubernetes ? await buildCluster() : "";
  if (reason !== "") return printFailure(io, `no Kubernetes can be had here: ${reason}`, read.values.json);
  const { tour, ...switches } = read.values;
  const flags = [
    ...Object.entries(switches).flatMap(([name, isOn]) => (isOn ? [`--${name}`] : [])),
    ...tour.map((name) => `--tour=${name}`),
  ];
  // A browser outside of the rack reaches the page inside by it.
  await using relay = read.values.keep ? await openPageRelay() : undefined;
  const page = relay === undefined ? {} : { HAWSER_DEMO_PAGE: `${relay.port} ${relay.socket}` };
  // It ends and cleans up when this process is gone, even if it is killed.
  const env = { ...process.env, HAWSER_LAUNCHER_PID: String(process.pid), ...page };
  return await exitCodeOf(spawn(process.execPath, [ENTER, STORY, ...flags], { stdio: "inherit", env }));
}

/** Builds the programs of the cluster where they are missing, outside of the rack's namespaces. Resolves with why that failed, or "". */
async function buildCluster(): Promise<string> {
  const child = spawn(process.execPath, [BUILD, "--build", "--reason"], { stdio: ["inherit", "pipe", "inherit"] });
  const [code, reason] = await Promise.all([exitCodeOf(child), text(child.stdout)]);
  return code === 0 ? "" : reason.trim() || `exit code ${code}`;
}

/** Resolves with the exit code of a child. Passes signals, and the end of the launcher, on to it. */
async function exitCodeOf(child: ChildProcess): Promise<number> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  followLauncher(() => child.kill("SIGTERM"));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

function printFailure({ stdout, stderr }: ProgramIo, error: string, isJson: boolean): number {
  if (isJson) stdout.write(`${JSON.stringify({ event: "done", ok: false, error })}\n`);
  else stderr.write(`hawser demo: ${error}\n`);
  return 1;
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { parseOptions } from "#src/process/options.ts";
import { refuse } from "./refuse.ts";

const specs = {
  json: {
    kind: "boolean",
    help: 'One JSON event a line; the last one is {"event":"done","ok":true,...} with the figures',
  },
  keep: { kind: "boolean", help: "Leave the rack up at the end and print how to enter it; Ctrl-C cleans up" },
} as const satisfies OptionSpecs;

const about =
  "Shows the main job on a rack of three nodes in namespaces of this machine: no root, no cluster, no network needed.";

const ENTER = fileURLToPath(new URL("../lab/enter.js", import.meta.url));
const STORY = fileURLToPath(new URL("../lab/demo/main.ts", import.meta.url));

/** Runs the demo as a program of its own; resolves with its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(specs, args, process.env, { command: "hawser demo", about });
  if (parsed.kind !== "values") return refuse(parsed, "hawser demo");
  const flags = Object.entries(parsed.values).flatMap(([name, isOn]) => (isOn ? [`--${name}`] : []));
  const child = spawn(process.execPath, [ENTER, STORY, ...flags], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

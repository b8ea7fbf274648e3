import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const help = `Usage: hawser demo [--json] [--keep]

Shows the main job on a rack of three nodes in namespaces of this machine: no root, no cluster, no network needed.

  --json   One JSON event a line; the last one is {"event":"done","ok":true,...} with the figures
  --keep   Leave the rack up at the end and print how to enter it; Ctrl-C cleans up
  --help   Print this text
`;

const ENTER = fileURLToPath(new URL("../lab/enter.js", import.meta.url));
const STORY = fileURLToPath(new URL("../lab/demo/main.ts", import.meta.url));

/** Runs the demo as a program of its own; resolves with its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: "boolean" }, keep: { type: "boolean" }, help: { type: "boolean" } },
    });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${help}`);
    return 2;
  }
  const child = spawn(process.execPath, [ENTER, STORY, ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

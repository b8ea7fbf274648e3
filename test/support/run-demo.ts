import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** A line of `hawser demo --json`. */
export interface Told {
  readonly event: string;
  readonly [name: string]: unknown;
}

export interface DemoOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** May act on the process as the story goes. */
  readonly onEvent?: (event: Told, child: ChildProcess) => void;
}

/** Runs `hawser demo --json` to its end: what it told, and its exit code. */
export async function runDemo(args: readonly string[], { env = process.env, onEvent }: DemoOptions = {}) {
  const command = [CLI, "demo", "--json", ...args];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"], env });
  const exited = once(child, "exit");
  const events: Told[] = [];
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line) as Told;
    events.push(event);
    onEvent?.(event, child);
  }
  await exited;
  return { events, code: child.exitCode };
}

/** The names of the events in order, those that repeat once. */
export function chaptersOf(events: readonly Told[]): readonly string[] {
  const names = events.map(({ event }) => event);
  return names.filter((name, index) => name !== names[index - 1]);
}

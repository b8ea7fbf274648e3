import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { collectingStream } from "#cli/collecting-stream.ts";
import { runHawser } from "#cli/run-hawser.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
  /** Resolves with what matches, once its standard output does. */
  says(pattern: RegExp): Promise<string>;
}

/** Starts a command as a process of its own. */
export function startCommand(file: string, args: readonly string[], env: Record<string, string> = {}): RunningCli {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const said = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
      for (const check of waiting) check();
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...said }));
  return {
    child,
    ended,
    says: async (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const [match] = pattern.exec(said.stdout) ?? [];
          if (match === undefined) return;
          waiting.delete(check);
          resolve(match);
        };
        waiting.add(check);
        check();
        void ended.then(() => reject(new Error(`it ended without saying ${pattern}: ${JSON.stringify(said)}`)));
      }),
  };
}

/** Starts `hawser ARGS`. */
export function startCli(args: readonly string[], env: Record<string, string> = {}): RunningCli {
  return startCommand(process.execPath, [MAIN, ...args], env);
}

/** Runs `hawser ARGS` to its end. */
export async function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  return startCli(args, env).ended;
}

/** Runs a command that ends by itself inside this process: a second cheaper than `runCli`, and the same code. */
export async function callCli(args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  const [stdout, stderr] = [collectingStream(), collectingStream()];
  const io = {
    env: { ...process.env, ...env },
    stdout,
    stderr,
    onSignal: () => undefined,
    onUncaught: () => undefined,
  };
  const code = await runHawser(args, io);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

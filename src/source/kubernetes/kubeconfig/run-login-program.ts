import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** Characters of what a program prints, and of what it says of errors, that are kept. */
const MAX_OUTPUT_LENGTH = 1 << 20;

export interface LoginRun {
  /** What a person calls the program. */
  readonly named: string;
  /** Said where it cannot be started: how to install it. */
  readonly hint: string | undefined;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Whether a person is there: the program may read the terminal, and what it says of errors is shown. */
  readonly isInteractive: boolean;
  readonly deadlineMs: number;
  /** After SIGTERM, until SIGKILL; and after the end of the program, for what it started and left behind to close its output. */
  readonly graceMs: number;
}

/**
 * Runs a program. Resolves with what it printed; rejects where it fails or does not end in time. After that nothing of it holds this
 * process: it is killed, and its output is no longer read, also where another process still has it open.
 */
export async function runLoginProgram(file: string, run: LoginRun): Promise<string> {
  const { named, hint, args, env, isInteractive, deadlineMs, graceMs } = run;
  const child = spawn(file, args, { env, stdio: [isInteractive ? "inherit" : "ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      if (said[name].length < MAX_OUTPUT_LENGTH) said[name] += text;
      // What a person has to do to log in.
      if (isInteractive && name === "stderr") process.stderr.write(text);
    });
  }
  const closed = Promise.withResolvers<void>();
  child.on("close", closed.resolve);
  const ended = Promise.withResolvers<number | string>();
  child.on("error", ({ message }) =>
    ended.reject(new Error([message, hint].filter((text) => text !== undefined).join("; "))),
  );
  child.on("exit", (code, signal) => ended.resolve(code ?? signal ?? ""));
  try {
    const code = await within(ended.promise, deadlineMs);
    if (code === LATE) {
      await kill(child, ended.promise, graceMs);
      throw new Error(`no end within ${deadlineMs / 1_000} s; does it wait for a person?`);
    }
    await within(closed.promise, graceMs);
    if (code !== 0) throw new Error(said.stderr.trim() || `${named} ended with ${code}`);
    return said.stdout;
  } finally {
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  }
}

const LATE = Symbol("late");

/** What is promised, or LATE where it takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | typeof LATE> {
  const over = new AbortController();
  const late = sleep(ms, LATE, { signal: over.signal }).catch((): typeof LATE => LATE);
  return Promise.race([promise, late]).finally(() => over.abort());
}

/** Ends a program that may not want to. */
async function kill(child: ChildProcess, ended: Promise<unknown>, graceMs: number): Promise<void> {
  child.kill("SIGTERM");
  if ((await within(ended, graceMs)) === LATE) child.kill("SIGKILL");
}

import { PassThrough } from "node:stream";
import type { ProgramIo } from "#src/process/program-io.ts";

/** A program's surroundings in a test: what it wrote is text, and the test asks it to end. */
export interface TestIo extends ProgramIo {
  /** All that was written to standard output. */
  out(): string;
  /** All that was written to standard error. */
  err(): string;
  /** The log lines so far, parsed. */
  logged(): readonly Readonly<Record<string, unknown>>[];
  /** Asks the program to end. */
  signal(signal: NodeJS.Signals): void;
}

/** Makes surroundings with this environment, none by default. */
export function testIo(env: Readonly<Record<string, string>> = {}): TestIo {
  const written = { stdout: "", stderr: "", log: "" };
  const collect = (name: "stdout" | "stderr") =>
    new PassThrough().on("data", (text: Buffer) => (written[name] += text.toString()));
  const listeners: ((signal: NodeJS.Signals) => void)[] = [];
  return {
    env,
    stdout: collect("stdout"),
    stderr: collect("stderr"),
    logTo: { write: (line) => void (written.log += line) },
    onSignal: (listener) => void listeners.push(listener),
    onUncaught: () => undefined,
    out: () => written.stdout,
    err: () => written.stderr,
    logged: () =>
      written.log
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    signal: (signal) => listeners.forEach((listener) => listener(signal)),
  };
}

import type { Writable } from "node:stream";
import { followLauncher } from "./follow-launcher.ts";
import type { DestinationStream } from "./log.ts";

/** Everything a program's function has of the process around it: a real one, or a test's. */
export interface ProgramIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Where log lines go; the process's own standard output by default. */
  readonly logTo?: DestinationStream | undefined;
  /** Calls `listener` each time the program is asked to end, by a signal or by the end of its launcher. */
  onSignal(listener: (signal: NodeJS.Signals) => void): void;
  /** Calls `listener` for an exception that no code has caught: a bug. */
  onUncaught(listener: (error: unknown, origin: string) => void): void;
}

/** The process this runs in. Signals keep their usual effect until `onSignal` is called. */
export const processIo: ProgramIo = {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal(listener) {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => listener(signal));
    followLauncher(() => listener("SIGTERM"));
  },
  onUncaught(listener) {
    // An unhandled rejection comes here too: Node turns it into an uncaught exception.
    process.on("uncaughtException", listener);
  },
};

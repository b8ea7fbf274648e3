import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import { errorLogOutput, LogOutput, standardLogOutput } from "./log-output.ts";

export type { DestinationStream, Logger } from "pino";

/** The levels a program logs at, least severe first. `silent` logs nothing. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** `controller`, `speaker`, `ingress` or `cli`. */
  readonly component: string;
  readonly level: LogLevel;
  /** The Kubernetes node this runs on, where that matters. */
  readonly node?: string | undefined;
  /** Which of several threads that do the same, from 1; left out: there is one. */
  readonly worker?: number | undefined;
  /** Programs log to stdout, the default; commands keep stdout for their answer. */
  readonly to?: "stdout" | "stderr" | DestinationStream | undefined;
}

/**
 * A logger of JSON lines: `time` in ISO 8601, `level` as a word, `msg` constant and lower case, data in fields.
 * Writes at once where the output takes it, and never waits for it: see LogOutput.
 */
export function createLogger({ component, level, node, worker, to = "stdout" }: LoggerOptions): Logger {
  const output = outputOf(to);
  const log = pino(
    {
      level,
      base: { component, ...(node !== undefined && { node }), ...(worker !== undefined && { worker }) },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
  if (output instanceof LogOutput) {
    output.onRecovered = (dropped) => log.warn({ dropped }, "log lines were dropped because the output was not read");
  }
  return log;
}

function outputOf(to: NonNullable<LoggerOptions["to"]>): DestinationStream {
  if (typeof to !== "string") return to;
  return to === "stdout" ? standardLogOutput() : errorLogOutput();
}

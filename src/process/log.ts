import { destination, type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";

export type { DestinationStream, Logger } from "pino";

/** The levels a program logs at, least first. `silent` logs nothing. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** `controller`, `speaker`, `ingress` or `cli`. */
  readonly component: string;
  readonly level: LogLevel;
  /** The Kubernetes node this runs on, where that matters. */
  readonly node?: string | undefined;
  /** Programs log to stdout, the default; commands keep stdout for their answer. */
  readonly to?: "stdout" | "stderr" | DestinationStream | undefined;
}

/**
 * A logger of JSON lines: `time` in ISO 8601, `level` as a word, `msg` constant and lower case, data in fields.
 * Writes at once, so that nothing is lost when the program ends.
 */
export function createLogger({ component, level, node, to = "stdout" }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: node === undefined ? { component } : { component, node },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    typeof to === "string" ? destination({ dest: to === "stdout" ? 1 : 2, sync: true }) : to,
  );
}

import type { Logger } from "./log.ts";

export interface ShutdownOptions {
  /** How long `run` may take; 30 s by default, the grace period of a pod. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 30_000;

/**
 * Ends the program well: on the first SIGTERM or SIGINT calls `run`, then exits 0; exits 1 when `run` fails or takes
 * longer than `deadlineMs`, or at once on a second signal. A bug (an uncaught exception) is logged and exits 1.
 */
export function onShutdown(
  log: Logger,
  run: (signal: NodeJS.Signals) => Promise<void>,
  { deadlineMs = DEADLINE_MS }: ShutdownOptions = {},
): void {
  let isEnding = false;

  async function end(signal: NodeJS.Signals): Promise<void> {
    log.info({ signal, deadlineMs }, "shutting down");
    const late = setTimeout(() => {
      log.error({ deadlineMs }, "shutdown took too long");
      process.exit(1);
    }, deadlineMs);
    try {
      await run(signal);
    } catch (error) {
      log.error({ err: error }, "shutdown failed");
      process.exit(1);
    }
    clearTimeout(late);
    log.info({}, "shut down");
    process.exit(0);
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (isEnding) {
        log.warn({ signal }, "second signal, exiting at once");
        process.exit(1);
      }
      isEnding = true;
      void end(signal);
    });
  }
  // An unhandled rejection comes here too: Node turns it into an uncaught exception.
  process.on("uncaughtException", (error, origin) => {
    log.fatal({ err: error, origin }, "bug: uncaught exception");
    process.exit(1);
  });
}

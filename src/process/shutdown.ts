import type { Logger } from "./log.ts";
import type { ProgramIo } from "./program-io.ts";

export interface ShutdownOptions {
  /** Closes everything the program has open. */
  readonly close: (signal: NodeJS.Signals) => Promise<void>;
  /** How long `close` may take; 30 s by default, the grace period of a pod. */
  readonly deadlineMs?: number;
}

/** The end of a program. */
export interface Shutdown {
  /** Resolves with the exit code once the program has ended, or is to be ended at once. Never rejects. */
  readonly ended: Promise<number>;
  /** Ends the program at once with code 1: it cannot go on. */
  fail(): void;
}

const DEADLINE_MS = 30_000;

/**
 * Ends the program well: on the first SIGTERM or SIGINT calls `close`, then the exit code is 0; it is 1 when `close` fails
 * or takes longer than `deadlineMs`, and at once on a second signal. A bug (an uncaught exception) is logged and ends with 1.
 */
export function onShutdown(
  io: Pick<ProgramIo, "onSignal" | "onUncaught">,
  log: Logger,
  { close, deadlineMs = DEADLINE_MS }: ShutdownOptions,
): Shutdown {
  const ended = Promise.withResolvers<number>();
  const fail = (): void => ended.resolve(1);
  let isEnding = false;

  async function end(signal: NodeJS.Signals): Promise<void> {
    log.info({ signal, deadlineMs }, "shutting down");
    const late = setTimeout(() => {
      log.error({ deadlineMs }, "shutdown took too long");
      fail();
    }, deadlineMs);
    try {
      await close(signal);
      log.info({}, "shut down");
      ended.resolve(0);
    } catch (error) {
      log.error({ err: error }, "shutdown failed");
      fail();
    } finally {
      clearTimeout(late);
    }
  }

  io.onSignal((signal) => {
    if (isEnding) {
      log.warn({ signal }, "second signal, exiting at once");
      return fail();
    }
    isEnding = true;
    void end(signal);
  });
  io.onUncaught((error, origin) => {
    log.fatal({ err: error, origin }, "bug: uncaught exception");
    fail();
  });
  return { ended: ended.promise, fail };
}

import type { Problem } from "#src/model/problem.ts";
import { delay as realDelay } from "#src/process/clock.ts";
import type { Logger } from "#src/process/log.ts";
import { createWorkLoop, type WorkLoop, type WorkLoopOptions } from "#src/process/work-loop.ts";

/** After a failure; an API server may be away for hours. */
const RETRY_MS = 5_000;

export interface PublisherOptions extends Pick<WorkLoopOptions, "delay"> {
  readonly log: Logger;
  /** For messages: `its report`. */
  readonly what: string;
  /** Writes what is true now, if it is not written yet; rejects if that cannot be done. */
  publish(): Promise<void>;
  /** Hears why it cannot be written, after each attempt; an empty list if it was. */
  onProblems(problems: readonly Problem[]): void;
}

/** Writes what a speaker says of itself: the latest only, and again until it is written. A failure is said once. */
export function createPublisher({ log, what, publish, onProblems, delay = realDelay }: PublisherOptions): WorkLoop {
  const closing = new AbortController();
  const loop = createWorkLoop({
    log,
    async run() {
      try {
        await publish();
        onProblems([]);
      } catch (error) {
        onProblems([notWritten(what, error as Error)]);
        if (!closing.signal.aborted) loop.mark();
        await delay(RETRY_MS, closing.signal).catch(() => undefined);
      }
    },
  });
  return {
    ...loop,
    async close() {
      closing.abort();
      await loop.close();
    },
  };
}

function notWritten(what: string, { message }: Error): Problem {
  const fix =
    "Look at the API server and the speaker's rights on Leases (or at the folder); Hawser tries again automatically";
  return {
    code: "REPORT_NOT_WRITTEN",
    at: { kind: "part", name: "speaker" },
    what: `Cannot publish ${what}`,
    why: message,
    fix,
    severity: "warning",
  };
}

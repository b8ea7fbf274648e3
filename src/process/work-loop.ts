import { type BackOff, doubledMs, spreadMs } from "./back-off.ts";
import { delay as realDelay } from "./clock.ts";
import type { Logger } from "./log.ts";

/** The pause after a failed run: short enough that a person who has fixed the cause does not look for another. */
const BACK_OFF: BackOff = { firstMs: 250, longestMs: 5_000 };

export interface WorkLoopOptions {
  /** Does all the work that is marked, deciding from the snapshot. A rejection is logged, and `run` is called again. */
  run(): Promise<void>;
  readonly log: Logger;
  /** Waits; resolves early, or rejects, when the signal aborts. Real time by default. */
  readonly delay?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
  /** A number from 0 up to 1, new at each call; chance by default. */
  readonly chance?: (() => number) | undefined;
}

/** Turns any number of marks into runs, one at a time. */
export interface WorkLoop {
  /** Marks that there is work. Cheap: marks made before or during a run fold into one further run. */
  mark(): void;
  /** Resolves when no work is marked or running, or the loop is closed. */
  idle(): Promise<void>;
  /** Ends the loop; resolves when the run under way has ended. */
  close(): Promise<void>;
}

/** A loop that runs `run` after each mark: never twice at once, coalesced, with a back-off after failures. */
export function createWorkLoop(options: WorkLoopOptions): WorkLoop {
  const { log, delay = realDelay, chance = Math.random } = options;
  const closing = new AbortController();
  const isClosed = (): boolean => closing.signal.aborted;
  let isDirty = false;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    let failures = 0;
    while (isDirty && !isClosed()) {
      isDirty = false;
      try {
        await options.run();
        failures = 0;
      } catch (error) {
        isDirty = true;
        failures += 1;
        const backOffMs = spreadMs(doubledMs(BACK_OFF, failures - 1), chance());
        log.error({ err: error, failures, backOffMs }, "work failed, will try again");
        await delay(backOffMs, closing.signal).catch(() => undefined);
      }
    }
    working = undefined;
  }

  /** Looks again after each wait: a mark may have come meanwhile. */
  async function idle(): Promise<void> {
    if (working !== undefined) await working.then(idle);
  }

  return {
    mark() {
      isDirty = true;
      // In a microtask: marks of one turn make one run.
      if (!isClosed()) working ??= Promise.resolve().then(work);
    },
    idle,
    async close() {
      closing.abort();
      await working;
    },
  };
}

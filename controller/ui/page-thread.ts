import type { BackOff } from "#src/process/back-off.ts";
import type { DestinationStream, Logger } from "#src/process/log.ts";
import { ThreadSlot } from "#src/process/thread-slot.ts";
import type { FromPage, PageStart, ToPage } from "./page-start.ts";

/** How long there is no page after its thread has ended. */
const BACK_OFF: BackOff = { firstMs: 1_000, longestMs: 60_000 };
/** What the thread may take to end its streams and watches. */
const CLOSE_MS = 2_000;
/** Of the memory that the container may have the page keeps so much at most: the rest is what the controller plans with. */
const SHARE = 0.4;
/** What a cluster with 10,000 Services needs: what is watched of it, and one plan. */
const MOST_MB = 512;
/** The page of a small cluster. */
const LEAST_MB = 64;

/** It plans seldom: a small nursery is enough. */
const NURSERY_MB = 8;

export interface PageThreadOptions {
  readonly start: PageStart;
  readonly log: Logger;
  /** Takes the lines that the thread logs. */
  readonly logTo: DestinationStream;
}

/** The thread that serves the page; when it ends, another one takes its place. */
export interface PageThread {
  close(): Promise<void>;
}

/**
 * Serves the page in a thread of its own, with a lower priority than planning has: what people look at delays no assignment,
 * and a fault of the page ends the page alone.
 */
export function startPageThread({ start, log, logTo }: PageThreadOptions): PageThread {
  const slot = new ThreadSlot<FromPage, ToPage>({
    program: new URL("../page-worker.ts", import.meta.url),
    worker: {
      workerData: start,
      name: "page",
      // Beyond that the thread ends, and the controller goes on.
      resourceLimits: {
        maxOldGenerationSizeMb: heapMb(process.constrainedMemory()),
        maxYoungGenerationSizeMb: NURSERY_MB,
      },
    },
    backOff: BACK_OFF,
    onMessage: ({ line }) => logTo.write(line),
    onDeath: ({ err, againMs }) => log.error({ err, againMs }, "the thread of the page ended, and begins again"),
  });
  return { close: () => slot.finish("close", CLOSE_MS) };
}

/** How much the page may keep, of so many bytes that all of the container may have; 0 or more than a machine has: without a limit. */
export function heapMb(containerBytes: number): number {
  const shareMb = containerBytes === 0 ? MOST_MB : Math.floor((containerBytes * SHARE) / 1_048_576);
  return Math.min(MOST_MB, Math.max(LEAST_MB, shareMb));
}

import { Worker } from "node:worker_threads";
import { type BackOff, doubledMs } from "#src/process/back-off.ts";
import { monotonicMs } from "#src/process/clock.ts";
import type { FromServer, ToServer, WorkerStart } from "./worker-start.ts";

/** How long there is no worker after one has ended. */
const BACK_OFF: BackOff = { firstMs: 50, longestMs: 10_000 };
/** One that ran for so long did not end because of how it began. */
const SOUND_MS = 60_000;

export interface WorkerSlotOptions {
  readonly start: WorkerStart;
  /** A thread has taken the place of one that ended, and hears what is said from now on. */
  readonly onAgain: () => void;
  readonly onMessage: (message: FromServer) => void;
  /** It has ended without being asked to; another one begins after so many milliseconds. */
  readonly onDeath: (why: { readonly err: Error | undefined; readonly code: number; readonly againMs: number }) => void;
}

/** The place of one worker: when its thread ends, another one takes it. */
export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  readonly #ended = Promise.withResolvers<void>();
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #deaths = 0;
  #isEnding = false;

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
    this.#begin();
  }

  /** Whether a thread runs now. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Says something to the thread that runs now; if there is none, the next one hears all when it begins. */
  post(message: ToServer): void {
    this.#worker?.postMessage(message);
  }

  /** Tells it to end, and resolves when it has; after so long it is ended. */
  async finish(timeoutMs: number, graceMs: number): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    if (this.#worker === undefined) return;
    this.post({ kind: "finish", timeoutMs });
    const late = setTimeout(() => void this.#worker?.terminate(), timeoutMs + graceMs);
    await this.#ended.promise;
    clearTimeout(late);
  }

  /** Ends the thread at once, as a fault would. */
  async kill(): Promise<void> {
    await this.#worker?.terminate();
  }

  #begin(): void {
    const { start, onMessage } = this.#options;
    const beganMs = monotonicMs();
    const worker = new Worker(new URL("../worker.ts", import.meta.url), {
      workerData: start,
      name: `worker ${start.index + 1}`,
    });
    let err: Error | undefined;
    worker.on("message", onMessage);
    worker.on("error", (error) => (err = error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", (code) => this.#end({ err, code, ranMs: monotonicMs() - beganMs }));
    this.#worker = worker;
  }

  #end({ err, code, ranMs }: { readonly err: Error | undefined; readonly code: number; readonly ranMs: number }): void {
    this.#worker = undefined;
    if (this.#isEnding) return this.#ended.resolve();
    if (ranMs >= SOUND_MS) this.#deaths = 0;
    const againMs = doubledMs(BACK_OFF, this.#deaths);
    this.#deaths += 1;
    this.#options.onDeath({ err, code, againMs });
    this.#timer = setTimeout(() => {
      this.#begin();
      this.#options.onAgain();
    }, againMs);
  }
}

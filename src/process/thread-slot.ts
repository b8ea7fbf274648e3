import { Worker, type WorkerOptions } from "node:worker_threads";
import { type BackOff, doubledMs } from "./back-off.ts";
import { monotonicMs } from "./clock.ts";

/** One that ran for so long did not end because of how it began. */
const SOUND_MS = 60_000;

/** Why a thread ended that was not asked to; another one begins after so many milliseconds. */
export interface ThreadDeath {
  readonly err: Error | undefined;
  readonly code: number;
  readonly againMs: number;
}

export interface ThreadSlotOptions<From> {
  /** The program of the thread. */
  readonly program: URL;
  readonly worker: WorkerOptions;
  /** How long there is no thread after one has ended. */
  readonly backOff: BackOff;
  readonly onMessage: (message: From) => void;
  readonly onDeath: (death: ThreadDeath) => void;
  /** A thread has taken the place of one that ended, and hears what is said from now on. */
  readonly onAgain?: () => void;
}

/** The place of one thread: when it ends, another one takes it. */
export class ThreadSlot<From, To> {
  readonly #options: ThreadSlotOptions<From>;
  readonly #ended = Promise.withResolvers<void>();
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #deaths = 0;
  #isEnding = false;

  constructor(options: ThreadSlotOptions<From>) {
    this.#options = options;
    this.#begin();
  }

  /** Whether a thread runs now. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Says something to the thread that runs now; if there is none, it is lost. */
  post(message: To): void {
    this.#worker?.postMessage(message);
  }

  /** Says the last word, on which the thread ends, and resolves when it has; after so long it is ended. */
  async finish(last: To, withinMs: number): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    if (this.#worker === undefined) return;
    this.post(last);
    const late = setTimeout(() => void this.#worker?.terminate(), withinMs);
    await this.#ended.promise;
    clearTimeout(late);
  }

  /** Ends the thread at once, as a fault would. */
  async kill(): Promise<void> {
    await this.#worker?.terminate();
  }

  #begin(): void {
    const { program, worker: options, onMessage } = this.#options;
    const beganMs = monotonicMs();
    const worker = new Worker(program, options);
    let err: Error | undefined;
    worker.on("message", onMessage);
    worker.on("error", (error) => (err = error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", (code) => this.#end({ err, code, ranMs: monotonicMs() - beganMs }));
    this.#worker = worker;
  }

  #end({ err, code, ranMs }: Omit<ThreadDeath, "againMs"> & { readonly ranMs: number }): void {
    this.#worker = undefined;
    if (this.#isEnding) return this.#ended.resolve();
    if (ranMs >= SOUND_MS) this.#deaths = 0;
    const againMs = doubledMs(this.#options.backOff, this.#deaths);
    this.#deaths += 1;
    this.#options.onDeath({ err, code, againMs });
    this.#timer = setTimeout(() => {
      this.#begin();
      this.#options.onAgain?.();
    }, againMs);
  }
}

/** Lines of one worker that wait at most until they are written: as much as the output itself lets wait. */
const MAX_UNREAD_BYTES = 4_194_304;
/** Lines of the access log are dropped before those of the log. */
const MAX_UNREAD_ACCESS_BYTES = 3_145_728;

const WORDS = 2;

/** Bounds what a worker has said and the main thread has not written yet, and counts the lines that it has dropped for that. */
export class UnreadBytes {
  readonly #words: Int32Array;
  readonly #at: number;

  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#words = new Int32Array(memory);
    this.#at = worker * WORDS;
  }

  /** One part for each worker, and one for the thread that looks after them. */
  static memory(workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * WORDS * (workers + 1));
  }

  /** Whether so many bytes may be said; they count until they are written. */
  take(bytes: number, { lines, isAccessLog }: { readonly lines: number; readonly isAccessLog: boolean }): boolean {
    const most = isAccessLog ? MAX_UNREAD_ACCESS_BYTES : MAX_UNREAD_BYTES;
    const before = Atomics.load(this.#words, this.#at);
    if (before > 0 && before + bytes > most) {
      Atomics.add(this.#words, this.#at + 1, lines);
      return false;
    }
    Atomics.add(this.#words, this.#at, bytes);
    return true;
  }

  /** So many bytes were written. */
  written(bytes: number): void {
    Atomics.sub(this.#words, this.#at, bytes);
  }

  /** Lines that were dropped since the last call. */
  takeDropped(): number {
    return Atomics.exchange(this.#words, this.#at + 1, 0);
  }

  /** Nothing waits any longer: the worker has ended. */
  clear(): void {
    Atomics.store(this.#words, this.#at, 0);
  }
}

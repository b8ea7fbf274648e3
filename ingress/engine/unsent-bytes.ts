/** A client whose queue has not been empty for this long is slow. */
const PATIENCE_MS = 1_000;
/** Giving clients up goes on to this share of the bound, so that it does not begin again at once. */
const TARGET = 7 / 8;
/** A new look at all clients comes when this share of the bound was queued since the last one. */
const LOOK_AGAIN = 1 / 16;
/** Beyond this multiple of the bound clients are given up however short they have been waiting. */
const MAX_MULTIPLE = 2;

/** A client as its queue sees it. */
export interface Reader {
  /** Memory that waits for the client: answers that it has not read, and requests that are not whole or not its turn. */
  readonly unsentBytes: number;
  /** Since when its queue has not been empty, or Infinity. */
  unsentSinceMs: number;
  /** Closes the connection: the client does not read. */
  giveUp(): void;
}

/**
 * Bounds the memory that waits for slow clients, all together: answers that they have not read, and what they sent of
 * requests that cannot be answered yet. Each one is bounded already, because neither it nor its endpoint is read from
 * meanwhile; but thousands of them add up. Beyond the bound clients that have read wait too before more is read
 * for them, and the slowest are given up: those whose queue has been waiting for longest.
 */
export class UnsentBytes {
  /** Of all clients, at the last look, and what was queued since. */
  total = 0;
  /** Clients given up. */
  givenUp = 0;
  readonly #maxBytes: number;
  readonly #readers: Iterable<Reader>;
  readonly #nowMs: () => number;
  readonly #waiting = new Set<() => void>();
  #lookAt: number;
  #isTight = false;

  constructor(maxBytes: number, readers: Iterable<Reader>, nowMs: () => number) {
    this.#maxBytes = maxBytes;
    this.#readers = readers;
    this.#nowMs = nowMs;
    this.#lookAt = maxBytes;
  }

  /** More than the bound waits: nothing more should be read for clients that have to read first. */
  get isTight(): boolean {
    return this.#isTight;
  }

  /** More waits for a client. */
  add(bytes: number): void {
    this.total += bytes;
    if (this.total > this.#lookAt) this.look();
  }

  /** Calls back when there is room again; once for each function that waits. */
  whenRoom(resume: () => void): void {
    this.#waiting.add(resume);
  }

  /** Counts exactly, and gives up clients where that must be. */
  look(): void {
    const nowMs = this.#nowMs();
    const waiting: Reader[] = [];
    this.total = 0;
    for (const reader of this.#readers) {
      const bytes = reader.unsentBytes;
      if (bytes === 0) {
        reader.unsentSinceMs = Number.POSITIVE_INFINITY;
        continue;
      }
      reader.unsentSinceMs = Math.min(reader.unsentSinceMs, nowMs);
      this.total += bytes;
      waiting.push(reader);
    }
    if (this.total > this.#maxBytes) this.#giveUpSlowest(waiting, nowMs);
    this.#isTight = this.total > this.#maxBytes;
    this.#lookAt = Math.max(this.#maxBytes, this.total + this.#maxBytes * LOOK_AGAIN);
    if (this.#isTight || this.#waiting.size === 0) return;
    const resumed = [...this.#waiting];
    this.#waiting.clear();
    for (const resume of resumed) resume();
  }

  #giveUpSlowest(waiting: Reader[], nowMs: number): void {
    waiting.sort((left, right) => left.unsentSinceMs - right.unsentSinceMs);
    for (const reader of waiting) {
      const isSlow = nowMs - reader.unsentSinceMs >= PATIENCE_MS;
      if (this.total <= this.#maxBytes * (isSlow ? TARGET : MAX_MULTIPLE)) return;
      this.total -= reader.unsentBytes;
      this.givenUp += 1;
      reader.giveUp();
    }
  }
}

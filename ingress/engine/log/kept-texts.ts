/** What is kept of a request for the access log, when its head is gone. */
export const KEPT_TEXTS = [
  "method",
  "target",
  "host",
  "protocol",
  "referer",
  "userAgent",
  "forwardedFor",
  "user",
  "requestId",
  "traceId",
] as const;

export type KeptText = (typeof KEPT_TEXTS)[number];

/** Bytes that are kept of each: what is longer is cut. */
const MAX_BYTES: Readonly<Record<KeptText, number>> = {
  method: 32,
  target: 1_024,
  host: 260,
  protocol: 8,
  referer: 1_024,
  userAgent: 512,
  forwardedFor: 512,
  user: 255,
  requestId: 128,
  traceId: 32,
};

const ROUND_TO = 256;
const NOTHING = Buffer.alloc(0);

/**
 * Texts of one request at a time, as the bytes that they came as, in one buffer that the next request of the connection uses
 * again: a request costs no memory of its own.
 */
export class KeptTexts {
  #bytes: Buffer = NOTHING;
  #length = 0;
  readonly #starts = new Uint16Array(KEPT_TEXTS.length);
  readonly #ends = new Uint16Array(KEPT_TEXTS.length);

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Forgets all texts: they are empty then. */
  clear(): void {
    this.#length = 0;
    this.#starts.fill(0);
    this.#ends.fill(0);
  }

  keep(name: KeptText, from: Uint8Array, start: number, end: number): void {
    const length = Math.min(end - start, MAX_BYTES[name]);
    if (length <= 0) return;
    this.#makeRoom(length);
    this.#bytes.set(from.subarray(start, start + length), this.#length);
    const index = KEPT_TEXTS.indexOf(name);
    this.#starts[index] = this.#length;
    this.#length += length;
    this.#ends[index] = this.#length;
  }

  startOf(name: KeptText): number {
    return this.#starts[KEPT_TEXTS.indexOf(name)]!;
  }

  endOf(name: KeptText): number {
    return this.#ends[KEPT_TEXTS.indexOf(name)]!;
  }

  has(name: KeptText): boolean {
    return this.endOf(name) > this.startOf(name);
  }

  /** The bytes of a text, as long as nothing else is kept. */
  get(name: KeptText): Buffer {
    return this.#bytes.subarray(this.startOf(name), this.endOf(name));
  }

  #makeRoom(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.ceil(needed / ROUND_TO) * ROUND_TO);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

import type { Limits } from "./limits.ts";

/** A body may take this long before its rate counts: time for the first packets of a bad line. */
const GRACE_MS = 10_000;

/**
 * Whether a client sends a request body fast enough. Only time counts in which the client could send: not while the
 * endpoint does not take more.
 */
export class BodyPace {
  readonly #limits: Pick<Limits, "bodyBytesPerSecond" | "bodyMs">;
  #startedMs = 0;
  #lookedMs = 0;
  /** Time in which the client could send. */
  #openMs = 0;
  #bytes = 0;

  constructor(limits: Pick<Limits, "bodyBytesPerSecond" | "bodyMs">) {
    this.#limits = limits;
  }

  /** A body begins, of which so many bytes came with the head. */
  start(nowMs: number, bytes: number): void {
    this.#startedMs = this.#lookedMs = nowMs;
    this.#openMs = 0;
    this.#bytes = bytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** To be called several times a second. True: the body has taken too long, or comes too slowly. */
  isTooSlow(nowMs: number, isHeld: boolean): boolean {
    if (!isHeld) this.#openMs += nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    const { bodyBytesPerSecond, bodyMs } = this.#limits;
    if (bodyMs > 0 && nowMs - this.#startedMs >= bodyMs) return true;
    return this.#openMs > GRACE_MS && this.#bytes < (bodyBytesPerSecond * this.#openMs) / 1_000;
  }
}

/** Begins with another body, of which so many bytes have come; `pace`: that of an earlier one. */
export function startPace(
  pace: BodyPace | undefined,
  { limits, nowMs }: { readonly limits: ConstructorParameters<typeof BodyPace>[0]; readonly nowMs: number },
  bytes: number,
): BodyPace {
  const started = pace ?? new BodyPace(limits);
  started.start(nowMs, bytes);
  return started;
}

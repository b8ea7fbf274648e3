import type { IngressAddress } from "#src/model/ingress-address.ts";
import { type BackOff, doubledMs } from "#src/process/back-off.ts";

/** The pause before the same is written to the same Ingress again. */
const PAUSE: BackOff = { firstMs: 1_000, longestMs: 300_000 };
/** After so long without a write of it, a status is at rest. */
const REST_MS = 600_000;
/** From so many times on another controller must be writing it, too. */
const CONTESTED_FROM = 4;

interface Attempts {
  readonly text: string;
  readonly count: number;
  readonly atMs: number;
}

/**
 * Spaces out writes that have to be made again: after a conflict, after a failure, and where another controller writes the
 * same status and would be answered for ever.
 */
export class StatusPacing {
  readonly #attempts = new Map<string, Attempts>();

  /** In how many milliseconds these addresses may be written to an Ingress; 0: now. */
  waitMs(key: string, addresses: readonly IngressAddress[], nowMs: number): number {
    const last = this.#attempts.get(key);
    if (last === undefined || last.text !== JSON.stringify(addresses)) return 0;
    return Math.max(0, last.atMs + doubledMs(PAUSE, last.count - 1) - nowMs);
  }

  /** Remembers an attempt. True: it is the one from which on another controller must be writing the status, too. */
  attempt(key: string, addresses: readonly IngressAddress[], nowMs: number): boolean {
    const text = JSON.stringify(addresses);
    const last = this.#attempts.get(key);
    const count = last?.text === text && nowMs - last.atMs < REST_MS ? last.count + 1 : 1;
    this.#attempts.set(key, { text, count, atMs: nowMs });
    return count === CONTESTED_FROM;
  }

  /** Forgets Ingresses that are gone. */
  prune(isThere: (key: string) => boolean): void {
    for (const key of this.#attempts.keys()) if (!isThere(key)) this.#attempts.delete(key);
  }
}

import type { KubeObject } from "#src/model/object.ts";
import { type BackOff, doubledMs, spreadMs } from "#src/process/back-off.ts";

/** The wait after a failed write; an API server that comes back is used again within the longest one. */
const BACK_OFF: BackOff = { firstMs: 200, longestMs: 30_000 };

interface Retry {
  readonly object: KubeObject;
  readonly failures: number;
  readonly dueMs: number;
}

/** Which Services wait before their status is written again, and until when. A Service that changes stops waiting. */
export class Retries {
  readonly #waiting = new Map<string, Retry>();
  readonly #nowMs: () => number;
  readonly #random: () => number;

  /** `random` gives numbers from 0 to below 1: the jitter that keeps many failures from coming back together. */
  constructor(nowMs: () => number, random: () => number) {
    this.#nowMs = nowMs;
    this.#random = random;
  }

  /**
   * Notes a failed write; returns how many failed in a row, and the milliseconds until the next attempt: half to all of
   * the doubled wait.
   */
  failed(key: string, object: KubeObject): { readonly failures: number; readonly inMs: number } {
    const failures = (this.#waiting.get(key)?.failures ?? 0) + 1;
    const inMs = spreadMs(doubledMs(BACK_OFF, failures - 1), this.#random());
    this.#waiting.set(key, { object, failures, dueMs: this.#nowMs() + inMs });
    return { failures, inMs };
  }

  /** It was written, there is nothing to write, or the Service is gone. */
  settled(key: string): void {
    this.#waiting.delete(key);
  }

  /** Whether to leave this version of the object alone for now. */
  isWaiting(key: string, object: KubeObject): boolean {
    const retry = this.#waiting.get(key);
    return retry !== undefined && retry.object === object && this.#nowMs() < retry.dueMs;
  }

  /** Those whose next attempt may be made. */
  due(): readonly string[] {
    const nowMs = this.#nowMs();
    return [...this.#waiting].flatMap(([key, { dueMs }]) => (dueMs <= nowMs ? key : []));
  }

  /** Milliseconds until the next attempt is due, at least 0; undefined if nothing waits. */
  nextInMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { dueMs } of this.#waiting.values()) nextMs = Math.min(nextMs ?? dueMs, dueMs);
    return nextMs === undefined ? undefined : Math.max(0, nextMs - this.#nowMs());
  }

  /** Forgets everything. */
  clear(): void {
    this.#waiting.clear();
  }
}

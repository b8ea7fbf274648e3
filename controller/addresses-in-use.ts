import { REST_MS } from "#src/assignment/pool-space.ts";

/** Freed addresses remembered at once: a /16 released in one go. */
const RESTING_MAX = 65_536;

/**
 * Which addresses were in use a short while ago and are not now, whatever freed them: a release, a deleted Service, an
 * edit of the status by somebody else. In memory only: after a restart nothing rests.
 */
export class RestingAddresses {
  #inUse: ReadonlySet<string> = new Set();
  readonly #freedAtMs = new Map<string, number>();

  /** Compares what is in use now with the last time; returns what rests, by address, with the time it was freed. */
  observe(inUse: ReadonlySet<string>, nowMs: number): ReadonlyMap<string, number> {
    for (const ip of this.#inUse) if (!inUse.has(ip)) this.#freedAtMs.set(ip, nowMs);
    for (const [ip, freedAtMs] of this.#freedAtMs) {
      const isOver = inUse.has(ip) || nowMs - freedAtMs >= REST_MS || this.#freedAtMs.size > RESTING_MAX;
      if (isOver) this.#freedAtMs.delete(ip);
    }
    this.#inUse = inUse;
    return this.#freedAtMs;
  }
}

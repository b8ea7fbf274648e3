/** Requests are remembered for so long at least, and at most for twice as long: a packet goes in circles for milliseconds. */
const MEMORY_MS = 500;

/**
 * Notices echo requests that go in circles. The kernel of the node that answers forwards each of them as well, because it does not
 * have the address; where a neighbour's table is out of date it goes to another node, which sends it back. Each round has
 * fewer hops left. Without this each would be answered: one request, 32 replies.
 *
 * It holds one entry for each request of the last second: as many as are answered.
 */
export class EchoCircles {
  #young = new Map<string, number>();
  #old: ReadonlyMap<string, number> = new Map();
  #turnedMs = -Infinity;

  /** Forgets what is long ago; to be called often. */
  settle(nowMs: number): void {
    if (nowMs - this.#turnedMs < MEMORY_MS) return;
    this.#turnedMs = nowMs;
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** Whether the request came before with more hops left. One that comes again as it was is sent again by its host. */
  hasTurned(request: string, hopsLeft: number): boolean {
    const before = this.#young.get(request) ?? this.#old.get(request);
    if (before !== undefined && before > hopsLeft) return true;
    this.#young.set(request, hopsLeft);
    return false;
  }
}

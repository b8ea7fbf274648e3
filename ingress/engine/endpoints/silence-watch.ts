import type { EndpointStream } from "#ingress/engine/endpoint-stream.ts";

/** How often the kernel has sent unacknowledged data again, by connection; undefined where it cannot be known. */
export type ReadUnacknowledged = () => Promise<ReadonlyMap<string, number> | undefined>;

/** A connection that has had no byte for so long is looked at: most answers are quicker, and looking costs something. */
export const SUSPECT_AFTER_MS = 1_000;
/** Pause between two looks: a table of all connections is read each time. */
const LOOK_PAUSE_MS = 500;
/** The pause is at least so many times what the look took, where there are very many connections. */
const PAUSE_FACTOR = 20;

/**
 * Finds out which connections lead to a dead node. An endpoint that is slow acknowledges the request, because its kernel
 * does; of a dead one the kernel sends the request again and again. Connections come here when they have been silent for
 * SUSPECT_AFTER_MS, and stay until the request is acknowledged or given up, so that each request costs about one look.
 */
export class SilenceWatch {
  readonly #read: ReadUnacknowledged;
  readonly #clockMs: () => number;
  readonly #suspects = new Set<EndpointStream>();
  #isLooking = false;
  #nextMs = 0;

  constructor(read: ReadUnacknowledged, clockMs: () => number) {
    this.#read = read;
    this.#clockMs = clockMs;
  }

  /** Looks at this connection with the next look. */
  suspect(connection: EndpointStream): void {
    this.#suspects.add(connection);
  }

  /** Looks, where there is anything to look at. Call it several times a second. */
  tick(): void {
    if (this.#suspects.size === 0 || this.#isLooking || this.#clockMs() < this.#nextMs) return;
    this.#isLooking = true;
    void this.#look();
  }

  async #look(): Promise<void> {
    const startMs = this.#clockMs();
    const table = await this.#read().catch(() => undefined);
    const endMs = this.#clockMs();
    this.#isLooking = false;
    this.#nextMs = endMs + Math.max(LOOK_PAUSE_MS, PAUSE_FACTOR * (endMs - startMs));
    for (const connection of this.#suspects) {
      const timesSentAgain = connection.isWaiting ? table?.get(connection.unacknowledgedKey) : undefined;
      if (timesSentAgain === undefined) this.#suspects.delete(connection);
      else connection.onUnacknowledged(timesSentAgain);
    }
  }
}

import type { GateLimits, GatePlaces, GiveBack } from "#ingress/io/connection-gate.ts";
import type { SharedPlaces } from "#ingress/shared/shared-places.ts";

/** Connections that are open, of all workers together: of each address, and of all. */
export class SharedGatePlaces implements GatePlaces {
  readonly #places: SharedPlaces;
  readonly #limits: GateLimits;
  /** Of all workers, then of each. */
  readonly #counts: Int32Array;
  readonly #own: number;

  constructor(of: {
    readonly memory: SharedArrayBuffer;
    readonly places: SharedPlaces;
    readonly worker: number;
    readonly limits: GateLimits;
  }) {
    this.#places = of.places;
    this.#limits = of.limits;
    this.#counts = new Int32Array(of.memory);
    this.#own = of.worker + 1;
  }

  /** For so many workers, and the thread that looks after them. */
  static memory(workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * (workers + 2));
  }

  take(address: string): GiveBack | "address" | "all" {
    const { connections, connectionsPerAddress } = this.#limits;
    const giveBack = connectionsPerAddress === 0 ? () => undefined : this.#places.take(address, connectionsPerAddress);
    if (giveBack === undefined) return "address";
    if (Atomics.add(this.#counts, 0, 1) >= connections) {
      Atomics.sub(this.#counts, 0, 1);
      giveBack();
      return "all";
    }
    Atomics.add(this.#counts, this.#own, 1);
    return () => {
      Atomics.sub(this.#counts, 0, 1);
      Atomics.sub(this.#counts, this.#own, 1);
      giveBack();
    };
  }

  /** What a worker that has ended had open is open no longer. Those of each address are given back elsewhere. */
  clear(worker: number): void {
    Atomics.sub(this.#counts, 0, Atomics.exchange(this.#counts, worker + 1, 0));
  }
}

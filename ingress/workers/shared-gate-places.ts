import type { GateLimits, GatePlaces, GiveBack } from "#ingress/io/connection-gate.ts";
import type { KeptPlaces, SharedPlaces } from "#ingress/shared/shared-places.ts";

/** Where a bound is so many times the workers, the places that each of them has to itself are a small part of it. */
const LEAST_PER_WORKER = 4;

/**
 * Connections that are open, of all workers together: of each address, and of all. Of a bound that is not small every worker has one place to
 * itself.
 */
export class SharedGatePlaces implements GatePlaces {
  readonly #places: SharedPlaces;
  readonly #limits: GateLimits;
  /** Those beyond what each worker has to itself, then all of each worker. */
  readonly #counts: Int32Array;
  readonly #own: number;
  readonly #workers: number;
  readonly #kept: KeptPlaces;

  constructor(of: {
    readonly memory: SharedArrayBuffer;
    readonly places: SharedPlaces;
    readonly worker: number;
    readonly workers: number;
    readonly limits: GateLimits;
  }) {
    this.#places = of.places;
    this.#limits = of.limits;
    this.#counts = new Int32Array(of.memory);
    this.#own = of.worker + 1;
    this.#workers = of.workers;
    this.#kept = this.#keptOf(of.limits.connections);
  }

  /** For so many workers, and the thread that looks after them. */
  static memory(workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * (workers + 2));
  }

  take(address: string): GiveBack | "address" | "all" {
    const { connectionsPerAddress } = this.#limits;
    const giveBack =
      connectionsPerAddress === 0
        ? () => undefined
        : this.#places.take(address, connectionsPerAddress, this.#keptOf(connectionsPerAddress));
    if (giveBack === undefined) return "address";
    if (!this.#takeOne()) {
      giveBack();
      return "all";
    }
    return () => {
      if (Atomics.sub(this.#counts, this.#own, 1) > this.#kept) Atomics.sub(this.#counts, 0, 1);
      giveBack();
    };
  }

  /** What a worker that has ended had open is open no longer. Those of each address are given back elsewhere. */
  clear(worker: number): void {
    const had = Atomics.exchange(this.#counts, worker + 1, 0);
    Atomics.sub(this.#counts, 0, Math.max(0, had - this.#kept));
  }

  #takeOne(): boolean {
    const isKept = Atomics.load(this.#counts, this.#own) < this.#kept;
    if (!isKept && !this.#takeShared()) return false;
    Atomics.add(this.#counts, this.#own, 1);
    return true;
  }

  /** Never counts more than there may be, not for a moment either: another worker would take that for the bound. */
  #takeShared(): boolean {
    const most = this.#limits.connections - this.#kept * this.#workers;
    for (;;) {
      const had = Atomics.load(this.#counts, 0);
      if (had >= most) return false;
      if (Atomics.compareExchange(this.#counts, 0, had, had + 1) === had) return true;
    }
  }

  #keptOf(bound: number): KeptPlaces {
    return bound >= LEAST_PER_WORKER * this.#workers ? 1 : 0;
  }
}

import type { Backend, BackendEndpoint } from "#src/routing/route-table.ts";
import { EndpointHealth } from "./endpoint-health.ts";

/** More backends than a cluster has. Beyond, all turns start again with the first endpoint, which does no harm. */
const MAX_BACKENDS = 65_536;

/** Finds out whether a skipped endpoint, one of these, is back. */
export type StartTrial = (endpoint: BackendEndpoint, endpoints: readonly BackendEndpoint[]) => void;

/** Round robin over the endpoints of each backend, one turn for all clients: two endpoints alternate strictly. */
export class Balancer {
  readonly health: EndpointHealth;
  readonly #turns = new Map<string, number>();
  readonly #startTrial: StartTrial;

  /** `nowMs`: of a clock that never goes back; coarse is enough. `startTrial` reports to `health` how it ended. */
  constructor(nowMs: () => number, startTrial: StartTrial) {
    this.health = new EndpointHealth(nowMs);
    this.#startTrial = startTrial;
  }

  /**
   * The endpoint whose turn it is, without those that were tried already and those that cannot be reached, while there
   * are others. The backend has at least one.
   */
  next(backend: Backend, tried: readonly BackendEndpoint[] = []): BackendEndpoint {
    const { key, endpoints } = backend;
    const turn = this.#turns.get(key);
    if (turn === undefined && this.#turns.size >= MAX_BACKENDS) this.#turns.clear();
    const first = (turn ?? 0) % endpoints.length;
    const index = this.#find(endpoints, first, tried);
    this.#turns.set(key, index + 1);
    return endpoints[index]!;
  }

  /** From `first` on: one that is well and was not tried, else one that was not tried, else the first. */
  #find(endpoints: readonly BackendEndpoint[], first: number, tried: readonly BackendEndpoint[]): number {
    if (this.health.isClear && tried.length === 0) return first;
    const hasEjected = this.#honoursEjections(endpoints);
    let untried = -1;
    for (let passed = 0; passed < endpoints.length; passed++) {
      const index = (first + passed) % endpoints.length;
      const endpoint = endpoints[index]!;
      if (tried.includes(endpoint)) continue;
      if (!hasEjected || !this.health.isOut(endpoint)) return index;
      if (this.health.takeTrial(endpoint)) this.#startTrial(endpoint, endpoints);
      if (untried === -1) untried = index;
    }
    return untried === -1 ? first : untried;
  }

  /** Where endpoints went since and more than half of the rest is ejected, the fault may be ours: then all are asked. */
  #honoursEjections(endpoints: readonly BackendEndpoint[]): boolean {
    if (this.health.isClear) return false;
    const ejected = endpoints.filter((endpoint) => this.health.isOut(endpoint)).length;
    return ejected > 0 && ejected <= endpoints.length / 2;
  }
}

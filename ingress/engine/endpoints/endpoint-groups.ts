import type { EndpointGroup } from "#src/balancing/endpoint-group.ts";
import { type EndpointLoad, newLoad } from "#src/balancing/endpoint-load.ts";
import { hashText } from "#src/balancing/hash-text.ts";
import { startAverages } from "#src/balancing/lower-cost-of-two.ts";
import type { BackendEndpoint } from "#src/routing/route-table.ts";

/** More endpoints than a cluster has. Beyond, all loads are forgotten, and known again after some requests. */
const MAX_LOADS = 262_144;

/** What balancing policies know of endpoints, for backends that a rule balances otherwise than in turns. */
export class EndpointGroups {
  /** A list of endpoints never changes: a backend that does gets another list. */
  readonly #groups = new WeakMap<readonly BackendEndpoint[], EndpointGroup>();
  /** By endpoint key: a load outlives the list that its endpoint was in. */
  readonly #loads = new Map<string, EndpointLoad>();

  of(endpoints: readonly BackendEndpoint[], nowMs: number): EndpointGroup {
    let group = this.#groups.get(endpoints);
    if (group === undefined) {
      const all = Array.from(endpoints.keys());
      const hashes = Uint32Array.from(endpoints, ({ key }) => hashText(key));
      const loads = endpoints.map(({ key }) => this.#loadOf(key));
      startAverages(loads, nowMs);
      group = { all, hashes, loads };
      this.#groups.set(endpoints, group);
    }
    return group;
  }

  /** The endpoint is gone from the routes. */
  forget({ key }: BackendEndpoint): void {
    this.#loads.delete(key);
  }

  #loadOf(key: string): EndpointLoad {
    const known = this.#loads.get(key);
    if (known !== undefined) return known;
    if (this.#loads.size >= MAX_LOADS) this.#loads.clear();
    const load = newLoad();
    this.#loads.set(key, load);
    return load;
  }
}

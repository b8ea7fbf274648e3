import type { Backend, BackendEndpoint } from "#src/routing/table.ts";

/** More backends than a cluster has; then all begin anew, which nobody notices. */
const MAX_BACKENDS = 65_536;

/** Round robin over the endpoints of each backend, one turn for all clients: two endpoints alternate strictly. */
export class Balancer {
  readonly #turns = new Map<string, number>();

  /** The endpoint whose turn it is, those passed over that were tried already. The backend has at least one. */
  next(backend: Backend, tried: readonly BackendEndpoint[] = []): BackendEndpoint {
    const { key, endpoints } = backend;
    const turn = this.#turns.get(key);
    if (turn === undefined && this.#turns.size >= MAX_BACKENDS) this.#turns.clear();
    let index = (turn ?? 0) % endpoints.length;
    for (let passed = 0; passed < endpoints.length && tried.includes(endpoints[index]!); passed++) {
      index = (index + 1) % endpoints.length;
    }
    this.#turns.set(key, index + 1);
    return endpoints[index]!;
  }
}

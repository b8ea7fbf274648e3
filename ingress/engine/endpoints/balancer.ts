import type { Backend, BackendEndpoint } from "#src/routing/route-table.ts";
import type { EndpointChoice } from "./endpoint-choice.ts";
import { EndpointGroups } from "./endpoint-groups.ts";
import { EndpointHealth } from "./endpoint-health.ts";
import { RetryBudget } from "./retry-budget.ts";

/** More backends than a cluster has. Beyond, all turns start again with the first endpoint and full budgets, which does no harm. */
const MAX_BACKENDS = 65_536;

const NONE: readonly BackendEndpoint[] = [];

/** What is known of one backend. */
interface KnownBackend {
  /** Index of the endpoint whose turn it is. */
  turn: number;
  readonly retries: RetryBudget;
}

/** Finds out whether a skipped endpoint, one of these, is back. */
export type StartTrial = (endpoint: BackendEndpoint, endpoints: readonly BackendEndpoint[]) => void;

/**
 * Round robin over the endpoints of each backend, one turn for all clients: two endpoints alternate strictly. Where a rule asks
 * for another policy, a choice of each request says which.
 */
export class Balancer {
  readonly health: EndpointHealth;
  readonly groups = new EndpointGroups();
  readonly #backends = new Map<string, KnownBackend>();
  readonly #nowMs: () => number;
  readonly #startTrial: StartTrial;
  readonly #balancers: number;

  /**
   * `nowMs`: of a clock that never goes back; coarse is enough. `startTrial` reports to `health` how it ended. `balancers`: how many
   * balance the same backends, and so share what may be sent again.
   */
  constructor(nowMs: () => number, startTrial: StartTrial, balancers = 1) {
    this.health = new EndpointHealth(nowMs);
    this.#nowMs = nowMs;
    this.#startTrial = startTrial;
    this.#balancers = balancers;
  }

  /**
   * The endpoint whose turn it is, without those that were tried already and those that cannot be reached, while there
   * are others. The backend has at least one.
   */
  next(backend: Backend, tried: readonly BackendEndpoint[] = NONE, choice?: EndpointChoice): BackendEndpoint {
    const { key, endpoints } = backend;
    const known = this.#backends.get(key) ?? this.#remember(key);
    if (tried.length === 0) known.retries.addRequest();
    const first = known.turn % endpoints.length;
    const index =
      choice === undefined ? this.#find(endpoints, first, tried) : this.#choose(choice, { endpoints, first, tried });
    known.turn = index + 1;
    return endpoints[index]!;
  }

  /** Whether a request to a backend may be sent again now. */
  hasRetry({ key }: Backend): boolean {
    return this.#backends.get(key)?.retries.hasOne(this.#nowMs()) !== false;
  }

  /** Takes one of the times that requests to a backend may be sent again, where there is one. */
  takeRetry({ key }: Backend): boolean {
    return this.#backends.get(key)?.retries.take(this.#nowMs()) !== false;
  }

  #remember(key: string): KnownBackend {
    if (this.#backends.size >= MAX_BACKENDS) this.#backends.clear();
    const known = { turn: 0, retries: new RetryBudget(this.#nowMs(), this.#balancers) };
    this.#backends.set(key, known);
    return known;
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

  /** As the request's policy says, among those that are well and were not tried, else those not tried, else all. */
  #choose(
    choice: EndpointChoice,
    of: {
      readonly endpoints: readonly BackendEndpoint[];
      readonly first: number;
      readonly tried: readonly BackendEndpoint[];
    },
  ): number {
    const { endpoints, first, tried } = of;
    const group = this.groups.of(endpoints, this.#nowMs());
    if (this.health.isClear && tried.length === 0) return choice.pick(group, group.all, first);
    const untried = group.all.filter((index) => !tried.includes(endpoints[index]!));
    const among = this.#honoursEjections(endpoints) ? this.#well(endpoints, untried) : untried;
    return choice.pick(group, among.length > 0 ? among : untried.length > 0 ? untried : group.all, first);
  }

  /** Those of these that can be reached; the others are tried where it is time. */
  #well(endpoints: readonly BackendEndpoint[], indexes: readonly number[]): readonly number[] {
    return indexes.filter((index) => {
      const endpoint = endpoints[index]!;
      const isOut = this.health.isOut(endpoint);
      if (isOut && this.health.takeTrial(endpoint)) this.#startTrial(endpoint, endpoints);
      return !isOut;
    });
  }

  /** Where endpoints went since and more than half of the rest is ejected, the fault may be ours: then all are asked. */
  #honoursEjections(endpoints: readonly BackendEndpoint[]): boolean {
    if (this.health.isClear) return false;
    const ejected = endpoints.filter((endpoint) => this.health.isOut(endpoint)).length;
    return ejected > 0 && ejected <= endpoints.length / 2;
  }
}

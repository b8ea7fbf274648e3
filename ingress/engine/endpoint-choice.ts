import type { EndpointLoad } from "#src/balancing/endpoint-load.ts";
import type { EndpointGroup } from "#src/balancing/endpoint-group.ts";
import { leastConnections } from "#src/balancing/least-connections.ts";
import { lowerCostOfTwo, observeResponse } from "#src/balancing/lower-cost-of-two.ts";
import type { Policy } from "#src/balancing/policy.ts";
import { highestScore, oneOfHighest } from "#src/balancing/highest-score.ts";
import { roundRobin } from "#src/balancing/round-robin.ts";
import type { Balancing } from "#src/routing/balancing.ts";
import type { EngineContext } from "./context.ts";
import { type HashedRequest, hashOfRequest } from "./hash-of-request.ts";

/** An endpoint that failed was not fast, however soon it did: this is added to the time it took. */
const FAILURE_MS = 1_000;

const POLICIES: Readonly<Record<Balancing["policy"], Policy>> = {
  "round-robin": roundRobin,
  "least-connections": leastConnections,
  ewma: lowerCostOfTwo,
};

/** How the endpoint of one request is chosen, where its rule asks for more than turns; and how the endpoint then did. */
export class EndpointChoice {
  readonly #policy: Policy;
  readonly #hash: number;
  readonly #context: Pick<EngineContext, "nowMs" | "clockMs" | "chance">;
  /** Of the endpoint that has the request now. */
  #load: EndpointLoad | undefined;
  #beganMs = 0;

  constructor(
    { policy, hashBy }: Balancing,
    request: HashedRequest,
    context: Pick<EngineContext, "nowMs" | "clockMs" | "chance">,
  ) {
    const hash = hashBy && hashOfRequest(hashBy.parts, request);
    this.#hash = hash ?? 0;
    this.#policy = hash === undefined ? POLICIES[policy] : hashed(hashBy);
    this.#context = context;
  }

  /** The index of one of `among`, which gets the request now. */
  pick(group: EndpointGroup, among: readonly number[], turn: number): number {
    const { nowMs, chance, clockMs } = this.#context;
    const index = this.#policy(group, among, { hash: this.#hash, nowMs, turn, chance });
    this.#load = group.loads[index]!;
    this.#load.underWay += 1;
    this.#beganMs = clockMs();
    return index;
  }

  /** The endpoint has begun to answer. */
  onResponse(): void {
    this.#observe(0);
  }

  /** The endpoint failed. */
  onFailure(): void {
    this.#observe(FAILURE_MS);
    this.end();
  }

  /** The endpoint has the request no longer. */
  end(): void {
    if (this.#load === undefined) return;
    this.#load.underWay -= 1;
    this.#load = undefined;
  }

  #observe(addedMs: number): void {
    const { nowMs, clockMs } = this.#context;
    if (this.#load !== undefined) observeResponse(this.#load, clockMs() - this.#beganMs + addedMs, nowMs);
  }
}

function hashed(hashBy: Balancing["hashBy"]): Policy {
  const size = hashBy?.subsetSize ?? 1;
  return size === 1 ? highestScore : oneOfHighest(size);
}

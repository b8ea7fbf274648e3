import type { EndpointLoad } from "#src/balancing/endpoint-load.ts";
import type { EndpointGroup } from "#src/balancing/endpoint-group.ts";
import { leastConnections } from "#src/balancing/least-connections.ts";
import { lowerCostOfTwo, observeResponse } from "#src/balancing/lower-cost-of-two.ts";
import type { Policy } from "#src/balancing/policy.ts";
import { highestScore, oneOfHighest } from "#src/balancing/highest-score.ts";
import { roundRobin } from "#src/balancing/round-robin.ts";
import { setCookie } from "#src/balancing/set-cookie.ts";
import { understandsSameSiteNone } from "#src/balancing/understands-same-site-none.ts";
import type { Affinity, Balancing } from "#src/routing/balancing.ts";
import type { Backend } from "#src/routing/route-table.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import { type HashedRequest, hashOfRequest } from "./hash-of-request.ts";
import { StickySession } from "./sticky-session.ts";

/** An endpoint that failed was not fast, however soon it did: this is added to the time it took. */
const FAILURE_MS = 1_000;

const POLICIES: Readonly<Record<Balancing["policy"], Policy>> = {
  "round-robin": roundRobin,
  "least-connections": leastConnections,
  ewma: lowerCostOfTwo,
};

type Surroundings = Pick<EngineContext, "nowMs" | "clockMs" | "wallMs" | "chance">;

/** How the endpoint of one request is chosen, where its rule asks for more than turns; and how the endpoint then did. */
export class EndpointChoice {
  readonly #policy: Policy;
  readonly #hash: number;
  readonly #context: Surroundings;
  readonly #affinity: Affinity | undefined;
  readonly #session: StickySession | undefined;
  readonly #isSecure: boolean;
  /** The browser would not keep a cookie with `SameSite=None`. */
  readonly #isOldBrowser: boolean;
  /** Of the endpoint that has the request now. */
  #load: EndpointLoad | undefined;
  #beganMs = 0;

  constructor(
    { policy, hashBy, affinity }: Balancing,
    request: HashedRequest & { readonly backend: Backend },
    context: Surroundings,
  ) {
    const hash = hashBy && hashOfRequest(hashBy.parts, request);
    this.#hash = hash ?? 0;
    this.#policy = hash === undefined ? POLICIES[policy] : hashed(hashBy);
    this.#context = context;
    this.#affinity = affinity;
    this.#isSecure = request.isSecure;
    this.#isOldBrowser =
      affinity?.sparesOldBrowsers === true && !understandsSameSiteNone(request.texts.header("user-agent") ?? "");
    this.#session = affinity && new StickySession(affinity, request.backend, request.texts.cookie(affinity.readName));
  }

  /** The value of a Set-Cookie field for the answer; undefined: the client keeps the cookie that it has, or needs none. */
  get setCookie(): string | undefined {
    const value = this.#session?.newValue;
    if (this.#affinity === undefined || value === undefined) return undefined;
    const { sameSite, ...others } = this.#affinity.cookie;
    const cookie = this.#isOldBrowser || sameSite === undefined ? others : { ...others, sameSite };
    return setCookie(cookie, { value, isSecure: this.#isSecure, wallMs: this.#context.wallMs() });
  }

  /** The index of one of `among`, which gets the request now. */
  pick(group: EndpointGroup, among: readonly number[], turn: number): number {
    const { nowMs, chance, clockMs } = this.#context;
    const asked = { hash: this.#hash, nowMs, turn, chance };
    const byPolicy = (): number => this.#policy(group, among, asked);
    const index = this.#session === undefined ? byPolicy() : this.#session.pick({ group, among }, asked, byPolicy);
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

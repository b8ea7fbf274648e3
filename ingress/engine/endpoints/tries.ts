import type { BackendEndpoint } from "#src/routing/route-table.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import { type EndpointFailure, isSignOfDeath } from "#ingress/engine/counters.ts";
import type { ForwardingTerms } from "#ingress/engine/forwarding-start.ts";
import { type Attempts, attemptsFor } from "./attempt.ts";

const NONE: readonly BackendEndpoint[] = [];

/** The endpoints that are asked for one request, one after the other, and whether there may be another one. */
export class Tries {
  /** What became of them, where the access log needs it. */
  readonly attempts: Attempts | undefined;
  readonly #context: EngineContext;
  readonly #terms: Pick<ForwardingTerms, "backend" | "choice" | "patience">;
  readonly #beganMs: number;
  /** The present one last. */
  #tried = NONE;

  constructor(context: EngineContext, terms: Pick<ForwardingTerms, "backend" | "choice" | "patience">) {
    this.attempts = attemptsFor(context);
    this.#context = context;
    this.#terms = terms;
    this.#beganMs = context.nowMs;
  }

  /** The endpoint that was asked last; undefined: none was. */
  get last(): BackendEndpoint | undefined {
    return this.#tried.at(-1);
  }

  /** The endpoint to ask next. */
  next(): BackendEndpoint {
    const { backend, choice } = this.#terms;
    return this.#context.balancer.next(backend, this.#tried, choice);
  }

  /** An endpoint is asked. */
  begin(endpoint: BackendEndpoint): void {
    this.#tried = this.#tried === NONE ? [endpoint] : [...this.#tried, endpoint];
    this.attempts?.begin(endpoint, this.#context.clockMs());
  }

  /** Counts the last try as none, and returns its endpoint: to be asked once more. */
  takeBack(): BackendEndpoint {
    const last = this.#tried.at(-1)!;
    this.#tried = this.#tried.slice(0, -1);
    return last;
  }

  /** The endpoint that is asked now is there. */
  tellSuccess(): void {
    const { health } = this.#context.balancer;
    if (!health.isClear) health.onSuccess(this.#tried.at(-1)!);
  }

  /**
   * Nothing that was sent to the endpoint that is asked now has been acknowledged. Of a connection that is asked for, that says less: kernels
   * of programs that are slow to accept drop such questions, so only the trial decides.
   */
  tellSilence(isConnected: boolean): void {
    const endpoint = this.#tried.at(-1)!;
    const { balancer, endpointPool } = this.#context;
    if (!isConnected) return balancer.health.onIdleDeath(endpoint);
    balancer.health.onSilence(endpoint, this.#terms.backend.endpoints);
    if (balancer.health.isDead(endpoint)) endpointPool.closeIdleTo(endpoint);
  }

  /** The endpoint that is asked now has failed. */
  tellFailure(failure: EndpointFailure, wasConnected: boolean): void {
    const { health } = this.#context.balancer;
    const isSign = isSignOfDeath(failure);
    if (isSign || !wasConnected) health.onFailure(this.#tried.at(-1)!, this.#terms.backend.endpoints, isSign);
  }

  /** Other endpoints may be asked, by number and time. */
  get hasMore(): boolean {
    const { tries = this.#context.limits.tries, next } = this.#terms.patience ?? {};
    if (this.#tried.length >= Math.min(tries, this.#terms.backend.endpoints.length)) return false;
    return next === undefined || next.withinMs === 0 || this.#context.nowMs - this.#beganMs < next.withinMs;
  }

  /** The backend's requests are not sent again too often as it is. */
  get hasRetry(): boolean {
    return this.#context.balancer.hasRetry(this.#terms.backend);
  }

  /** Counts that a request is sent again; false: not again. Where an old connection was closed that says nothing of the backend. */
  takeRetry(isOld: boolean): boolean {
    if (isOld || this.#context.balancer.takeRetry(this.#terms.backend)) return true;
    this.#context.counters.retriesDenied += 1;
    return false;
  }
}

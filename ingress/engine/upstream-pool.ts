import type { BackendEndpoint } from "#src/routing/table.ts";
import type { Connect } from "#ingress/io/connection.ts";
import type { Counters } from "./counters.ts";
import type { Limits } from "./limits.ts";
import type { ResponseHead } from "./response-head.ts";
import { UpstreamConnection, type UpstreamOwner } from "./upstream-connection.ts";

export interface UpstreamPoolOptions {
  readonly connect: Connect;
  readonly limits: Limits;
  readonly counters: Counters;
  /** Shared by all connections: a head is read to its end in one call. */
  readonly responseHead: ResponseHead;
  /** Milliseconds of a clock that never goes back; coarse is enough. */
  readonly nowMs: () => number;
}

/** Connections to endpoints, kept for the next request. The key of an endpoint holds its pod: a successor gets no old one. */
export class UpstreamPool implements UpstreamOwner {
  readonly #options: UpstreamPoolOptions;
  /** By endpoint key, the longest idle first. No empty lists. */
  readonly #idle = new Map<string, UpstreamConnection[]>();
  #isClosed = false;

  constructor(options: UpstreamPoolOptions) {
    this.#options = options;
  }

  /** The connection that became idle last, else a new one. */
  acquire(endpoint: BackendEndpoint): UpstreamConnection {
    const idle = this.#idle.get(endpoint.key);
    const upstream = idle?.pop();
    if (idle?.length === 0) this.#idle.delete(endpoint.key);
    return upstream ?? this.open(endpoint);
  }

  /** A new connection, under way. */
  open(endpoint: BackendEndpoint): UpstreamConnection {
    const { connect, counters, responseHead } = this.#options;
    const upstream = new UpstreamConnection(endpoint.key, this, responseHead);
    counters.openUpstreams += 1;
    upstream.attach(connect(endpoint, upstream));
    return upstream;
  }

  release(upstream: UpstreamConnection): void {
    const idle = this.#idle.get(upstream.endpointKey);
    if (this.#isClosed || (idle?.length ?? 0) >= this.#options.limits.idleUpstreamsPerEndpoint) {
      upstream.close();
      return;
    }
    upstream.idleSinceMs = this.#options.nowMs();
    if (idle === undefined) this.#idle.set(upstream.endpointKey, [upstream]);
    else idle.push(upstream);
  }

  forget(upstream: UpstreamConnection): void {
    this.#options.counters.openUpstreams -= 1;
    const idle = this.#idle.get(upstream.endpointKey);
    const index = idle?.indexOf(upstream) ?? -1;
    if (index === -1) return;
    idle!.splice(index, 1);
    if (idle!.length === 0) this.#idle.delete(upstream.endpointKey);
  }

  /** Closes what has been idle for too long. */
  closeIdle(): void {
    const oldestMs = this.#options.nowMs() - this.#options.limits.idleUpstreamMs;
    for (const idle of this.#idle.values()) {
      for (const upstream of idle.filter(({ idleSinceMs }) => idleSinceMs <= oldestMs)) upstream.close();
    }
  }

  /** Closes all idle connections, and from now on each one that becomes idle. */
  close(): void {
    this.#isClosed = true;
    for (const idle of this.#idle.values()) for (const upstream of idle.slice()) upstream.close();
  }
}

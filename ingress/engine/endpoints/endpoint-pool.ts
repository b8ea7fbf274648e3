import type { BackendEndpoint } from "#src/routing/route-table.ts";
import type { Connect } from "#ingress/io/connection.ts";
import type { Counters } from "#ingress/engine/counters.ts";
import { type EndpointLink, isSameLink } from "#ingress/engine/endpoint-link.ts";
import type { Flushes } from "#ingress/engine/flushes.ts";
import { HeadWriter } from "#ingress/engine/head-writer.ts";
import { isSpent } from "#ingress/engine/is-spent.ts";
import type { Limits } from "#ingress/engine/limits.ts";
import type { ResponseHead } from "#ingress/engine/response-head.ts";
import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import { EndpointConnection, type EndpointConnectionOwner } from "#ingress/engine/h1/endpoint-connection.ts";
import { Http2Pool } from "./http2-pool.ts";

export interface EndpointPoolOptions {
  readonly connect: Connect;
  /** Those of the moment. */
  readonly limits: () => Limits;
  readonly counters: Counters;
  /** Shared by all connections: a head is read to its end in one call. */
  readonly responseHead: ResponseHead;
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs: () => number;
  readonly buffers: BufferPool;
  readonly flushes: Flushes;
  /** An idle connection found the endpoint dead. */
  readonly onIdleDeath: (endpoint: BackendEndpoint) => void;
}

/** By endpoint key, the longest idle first. No empty lists. */
type IdleConnections = Map<string, EndpointConnection[]>;

/** Connections to endpoints, kept for the next request. The key of an endpoint holds its pod: a successor gets no old one. */
export class EndpointPool implements EndpointConnectionOwner {
  readonly #options: EndpointPoolOptions;
  readonly #idle: IdleConnections = new Map();
  /** Those that serve one client each, apart: they are to take no room from those for all, nor time to look for them. */
  readonly #tied: IdleConnections = new Map();
  readonly writer = new HeadWriter();
  /** Connections to those that speak HTTP/2. */
  readonly http2: Http2Pool;
  #isClosed = false;

  constructor(options: EndpointPoolOptions) {
    this.#options = options;
    this.http2 = new Http2Pool({
      ...options,
      writer: this.writer,
      onSignOfDeath: (endpoint) => this.onSignOfDeath(endpoint, false),
    });
  }

  get headBytes(): number {
    return this.#options.limits().headBytes;
  }

  /**
   * The connection that became idle last, else a new one. For a client's first request (`isFirst`) only one that has been
   * idle for some moments: bytes that an endpoint sends late, after its answer to another client, come in that time, and
   * close the connection instead of being taken for the answer. Only connections with the same link serve.
   */
  acquire(endpoint: BackendEndpoint, isFirst: boolean, link: EndpointLink): EndpointConnection {
    const all = this.#idleWith(link);
    const idle = all.get(endpoint.key);
    if (idle === undefined) return this.open(endpoint, link);
    let index = isFirst ? this.#lastSettled(idle) : idle.length - 1;
    while (index !== -1 && !isSameLink(idle[index]!, link)) index -= 1;
    if (index === -1) return this.open(endpoint, link);
    const connection = index === idle.length - 1 ? idle.pop() : idle.splice(index, 1)[0];
    if (idle.length === 0) all.delete(endpoint.key);
    return connection ?? this.open(endpoint, link);
  }

  #idleWith({ tie }: EndpointLink): IdleConnections {
    return tie === undefined ? this.#idle : this.#tied;
  }

  /** The last that is idle for long enough, or -1. They are in the order in which they became idle. */
  #lastSettled(idle: readonly EndpointConnection[]): number {
    const latestMs = this.#options.clockMs() - this.#options.limits().settleMs;
    let [low, high] = [0, idle.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (idle[middle]!.idleSinceMs <= latestMs) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** A new connection, under way. */
  open(endpoint: BackendEndpoint, link: EndpointLink): EndpointConnection {
    const { connect, counters, responseHead } = this.#options;
    const connection = new EndpointConnection(endpoint, this, responseHead, link);
    connection.openedMs = this.#options.clockMs();
    counters.openEndpointConnections += 1;
    connection.attach(connect(endpoint, connection, link.secure, link.tie?.header));
    link.tie?.add(connection);
    return connection;
  }

  release(connection: EndpointConnection): void {
    const all = this.#idleWith(connection);
    const idle = all.get(connection.endpoint.key);
    const limits = this.#options.limits();
    const nowMs = this.#options.clockMs();
    const isFull = (idle?.length ?? 0) >= limits.idleConnectionsPerEndpoint;
    const isOver = this.#isClosed || connection.tie?.isOver === true;
    if (isOver || isFull || isSpent(connection, limits.endpointConnectionLife, nowMs)) {
      connection.close();
      return;
    }
    connection.idleSinceMs = nowMs;
    if (idle === undefined) all.set(connection.endpoint.key, [connection]);
    else idle.push(connection);
  }

  forget(connection: EndpointConnection): void {
    this.#options.counters.openEndpointConnections -= 1;
    connection.tie?.delete(connection);
    const all = this.#idleWith(connection);
    const idle = all.get(connection.endpoint.key);
    const index = idle?.indexOf(connection) ?? -1;
    if (index === -1) return;
    idle!.splice(index, 1);
    if (idle!.length === 0) all.delete(connection.endpoint.key);
  }

  /** A dead node would let a request wait on each idle connection. */
  onSignOfDeath(endpoint: BackendEndpoint, wasIdle: boolean): void {
    this.closeIdleTo(endpoint);
    if (wasIdle) this.#options.onIdleDeath(endpoint);
  }

  /** Closes the idle connections to an endpoint. */
  closeIdleTo(endpoint: BackendEndpoint): void {
    const { key } = endpoint;
    this.http2.retire(endpoint);
    for (const all of [this.#idle, this.#tied])
      for (const connection of all.get(key)?.slice() ?? []) connection.close();
  }

  /** Closes what has been idle for too long, and asks endpoints of HTTP/2 that are silent. Call it several times a second. */
  closeIdle(): void {
    const oldestMs = this.#options.clockMs() - this.#options.limits().endpointIdleMs;
    for (const all of [this.#idle, this.#tied]) {
      for (const idle of all.values())
        for (const connection of idle.filter(({ idleSinceMs }) => idleSinceMs <= oldestMs)) connection.close();
    }
    this.http2.onTick(oldestMs);
  }

  /** Closes all idle connections, and from now on each one that becomes idle. */
  close(): void {
    this.#isClosed = true;
    this.http2.close();
    for (const all of [this.#idle, this.#tied])
      for (const idle of all.values()) for (const connection of idle.slice()) connection.close();
  }
}

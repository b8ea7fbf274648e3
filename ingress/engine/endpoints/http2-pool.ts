import type { BackendEndpoint } from "#src/routing/route-table.ts";
import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { Connect } from "#ingress/io/connection.ts";
import type { Counters } from "#ingress/engine/counters.ts";
import type { ClientTie } from "#ingress/engine/client-tie.ts";
import { endpointFault } from "#ingress/engine/endpoint-fault.ts";
import { type EndpointLink, isSameLink } from "#ingress/engine/endpoint-link.ts";
import type { Flushes } from "#ingress/engine/flushes.ts";
import type { HeadWriter } from "#ingress/engine/head-writer.ts";
import { isSpent } from "#ingress/engine/is-spent.ts";
import type { Limits } from "#ingress/engine/limits.ts";
import type { ResponseHead } from "#ingress/engine/response-head.ts";
import { EndpointConnection, type EndpointConnectionOwner } from "#ingress/engine/h1/endpoint-connection.ts";
import { EndpointSession, type SessionOwner } from "#ingress/engine/h2-endpoint/endpoint-session.ts";
import { StreamConnection } from "#ingress/engine/h2-endpoint/stream-connection.ts";

export interface Http2PoolOptions {
  readonly connect: Connect;
  /** Those of the moment. */
  readonly limits: () => Limits;
  readonly counters: Counters;
  /** Shared by all connections: a head is read to its end in one call. */
  readonly responseHead: ResponseHead;
  readonly writer: HeadWriter;
  readonly buffers: BufferPool;
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs: () => number;
  readonly flushes: Flushes;
  /** A request found the endpoint dead. */
  readonly onSignOfDeath: (endpoint: BackendEndpoint) => void;
}

/** Connections by HTTP/2, which requests share: one to each endpoint, and more where it does not take as many requests on one. */
export class Http2Pool implements SessionOwner, EndpointConnectionOwner {
  readonly writer: HeadWriter;
  readonly buffers: BufferPool;
  readonly clockMs: () => number;
  readonly flushes: Flushes;
  readonly #options: Http2PoolOptions;
  /** By endpoint key, the oldest first. No empty lists. */
  readonly #shared = new Map<string, EndpointSession[]>();
  /** Those that serve one client each, by it; and how many there are to each endpoint, by its key. */
  readonly #tied = new Map<ClientTie, EndpointSession[]>();
  readonly #tiedCounts = new Map<string, number>();

  constructor(options: Http2PoolOptions) {
    this.#options = options;
    this.writer = options.writer;
    this.buffers = options.buffers;
    this.clockMs = options.clockMs;
    this.flushes = options.flushes;
  }

  get headBytes(): number {
    return this.#options.limits().headBytes;
  }

  /** A stream for one request. `isNew`: on a connection that has not served before. */
  open(endpoint: BackendEndpoint, isNew: boolean, link: EndpointLink): EndpointConnection {
    const session = this.#find(endpoint, isNew, link) ?? this.#connect(endpoint, link);
    const connection = new EndpointConnection(endpoint, this, this.#options.responseHead, link);
    const stream = new StreamConnection(session, connection);
    connection.isConnected = connection.isReused = session.isOpen;
    connection.mayRefuse = true;
    connection.attach(stream);
    this.#reserve(session, stream);
    return connection;
  }

  /** The endpoint gets no further request on the connections that are open. */
  retire({ key }: BackendEndpoint): void {
    for (const session of this.#shared.get(key)?.slice() ?? []) session.retire();
    if (!this.#tiedCounts.has(key)) return;
    for (const sessions of this.#tied.values())
      for (const session of sessions.slice()) if (session.endpoint.key === key) session.retire();
  }

  /** Closes what has been idle since before then, and asks endpoints that are silent. */
  onTick(idleBeforeMs: number): void {
    const nowMs = this.clockMs();
    for (const session of this.#all()) session.onTick(nowMs, idleBeforeMs);
  }

  close(): void {
    for (const session of this.#all()) session.close();
  }

  move(stream: StreamConnection, from: EndpointSession): void {
    if (stream.hasMoved) {
      stream.onLost(endpointFault("stream-refused", true));
      return;
    }
    const { endpoint } = from;
    const session = this.#find(endpoint, false, from) ?? this.#connect(endpoint, from);
    stream.moveTo(session);
    this.#reserve(session, stream);
    if (!session.isOpen) return;
    session.sendRequest(stream);
    stream.onConnect();
  }

  onGone(session: EndpointSession): void {
    const { tie, endpoint } = session;
    this.#options.counters.openEndpointConnections -= 1;
    if (tie === undefined) {
      remove(this.#shared, endpoint.key, session);
      return;
    }
    tie.delete(session);
    remove(this.#tied, tie, session);
    const left = this.#tiedCounts.get(endpoint.key)! - 1;
    if (left === 0) this.#tiedCounts.delete(endpoint.key);
    else this.#tiedCounts.set(endpoint.key, left);
  }

  /** Also those that go while they are looked at. */
  #all(): readonly EndpointSession[] {
    return [...this.#shared.values(), ...this.#tied.values()].flat();
  }

  /** A stream has ended. Its connection knows. */
  forget(): void {}

  /** A stream has served its request: there is no other one for it. */
  release(connection: EndpointConnection): void {
    connection.close();
  }

  onSignOfDeath(endpoint: BackendEndpoint): void {
    this.#options.onSignOfDeath(endpoint);
  }

  /** Keeps room for a stream; a connection that has served enough serves no further ones, nor do those beyond the bound for single clients. */
  #reserve(session: EndpointSession, stream: StreamConnection): void {
    session.reserve(stream);
    const { endpointConnectionLife: life, idleConnectionsPerEndpoint: most } = this.#options.limits();
    const isBeyond =
      session.tie !== undefined && (session.tie.isOver || this.#tiedCounts.get(session.endpoint.key)! > most);
    if (isBeyond || isSpent(session, life, this.clockMs())) session.retire();
  }

  #find(endpoint: BackendEndpoint, isNew: boolean, link: EndpointLink): EndpointSession | undefined {
    const { tie } = link;
    const sessions = tie === undefined ? this.#shared.get(endpoint.key) : this.#tied.get(tie);
    return sessions?.find(
      (session) =>
        session.hasRoom &&
        session.endpoint.key === endpoint.key &&
        isSameLink(session, link) &&
        !(isNew && session.isOpen),
    );
  }

  #connect(endpoint: BackendEndpoint, link: EndpointLink): EndpointSession {
    const session = new EndpointSession(endpoint, this, link);
    const { secure, tie } = link;
    this.#options.counters.openEndpointConnections += 1;
    if (tie === undefined) add(this.#shared, endpoint.key, session);
    else {
      tie.add(session);
      add(this.#tied, tie, session);
      this.#tiedCounts.set(endpoint.key, (this.#tiedCounts.get(endpoint.key) ?? 0) + 1);
    }
    session.attach(this.#options.connect(endpoint, session, secure, tie?.header));
    return session;
  }
}

function add<Key>(to: Map<Key, EndpointSession[]>, key: Key, session: EndpointSession): void {
  const sessions = to.get(key);
  if (sessions === undefined) to.set(key, [session]);
  else sessions.push(session);
}

/** Leaves no empty list. */
function remove<Key>(from: Map<Key, EndpointSession[]>, key: Key, session: EndpointSession): void {
  const sessions = from.get(key)!;
  sessions.splice(sessions.indexOf(session), 1);
  if (sessions.length === 0) from.delete(key);
}

import type { RouteTable } from "#src/routing/route-table.ts";
import { EMPTY_ROUTES } from "#src/routing/build-routes.ts";
import { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { Connect, Connection, ConnectionEvents } from "#ingress/io/connection.ts";
import { AccessLog } from "./access-log.ts";
import { Balancer } from "./balancer.ts";
import { ClientSession } from "./client-session.ts";
import type { EngineContext } from "./context.ts";
import { Counters } from "./counters.ts";
import { DateLine } from "./date-line.ts";
import { HeadWriter } from "./head-writer.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { RequestHead } from "./request-head.ts";
import { ResponseHead } from "./response-head.ts";
import { type ReadUnacknowledged, SilenceWatch } from "./silence-watch.ts";
import { EndpointPool } from "./endpoint-pool.ts";

export interface EngineOptions {
  /** Makes the way to open connections; it gets the engine's buffers. */
  readonly connect: (buffers: BufferPool) => Connect;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly limits?: Partial<Limits>;
  /** Without it a dead endpoint is found by connecting and by keep-alive probes only. */
  readonly readUnacknowledged?: ReadUnacknowledged;
  /** Answer plain requests for hosts with a `tls` entry by 308; by default they are served. */
  readonly redirectsToHttps?: boolean;
  /** Gets the lines of the access log, several at once; without it there is none. */
  readonly writeAccessLog?: ((lines: Buffer) => void) | undefined;
}

/** The HTTP/1.1 engine: gives each accepted connection its events, and routes by the table of the moment. */
export class Engine implements EngineContext {
  readonly limits: Limits;
  readonly counters = new Counters();
  readonly buffers = new BufferPool();
  readonly balancer = new Balancer(() => this.nowMs);
  readonly silenceWatch: SilenceWatch;
  readonly date = new DateLine();
  readonly writer = new HeadWriter();
  readonly requestHead: RequestHead;
  readonly endpointPool: EndpointPool;
  readonly clockMs: () => number;
  readonly wallMs: () => number;
  readonly redirectsToHttps: boolean;
  readonly accessLog: AccessLog | undefined;
  scratch: Buffer;
  routes: RouteTable = EMPTY_ROUTES;
  nowMs: number;
  isDraining = false;
  readonly #sessions = new Set<ClientSession>();
  readonly #onGone = (session: ClientSession): void => {
    this.#sessions.delete(session);
    this.counters.openConnections = this.#sessions.size;
  };

  constructor({
    connect,
    clockMs,
    wallMs,
    limits,
    readUnacknowledged = () => Promise.resolve(undefined),
    redirectsToHttps = false,
    writeAccessLog,
  }: EngineOptions) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.clockMs = clockMs;
    this.wallMs = wallMs;
    this.redirectsToHttps = redirectsToHttps;
    this.accessLog = writeAccessLog && new AccessLog(writeAccessLog);
    this.nowMs = clockMs();
    this.silenceWatch = new SilenceWatch(readUnacknowledged, () => this.nowMs);
    this.scratch = this.buffers.take();
    this.requestHead = new RequestHead(this.limits);
    this.endpointPool = new EndpointPool({
      connect: connect(this.buffers),
      limits: this.limits,
      counters: this.counters,
      responseHead: new ResponseHead(this.limits),
      nowMs: () => this.nowMs,
    });
    this.date.update(wallMs());
  }

  /** The events of a connection that was accepted. */
  accept(connection: Connection): ConnectionEvents {
    const session = new ClientSession(this, connection, this.#onGone);
    this.#sessions.add(session);
    this.counters.connections += 1;
    this.counters.openConnections = this.#sessions.size;
    return session;
  }

  /** Routes requests by this table from now on; those under way keep what they got. */
  useRoutes(routes: RouteTable): void {
    this.routes = routes;
  }

  /** Moves the coarse clock on and acts on deadlines. Call it several times a second. */
  tick(): void {
    this.nowMs = this.clockMs();
    this.date.update(this.wallMs());
    for (const session of this.#sessions) session.onTick(this.nowMs);
    this.endpointPool.closeIdle();
    this.silenceWatch.tick();
    this.accessLog?.flush();
  }

  /** From now on the next answer of each connection is its last. */
  drain(): void {
    this.isDraining = true;
  }

  /** Closes connections between requests; returns how many have one under way. */
  closeIdle(): number {
    let busy = 0;
    for (const session of this.#sessions) {
      if (session.isIdle) session.close();
      else if (session.isBusy) busy += 1;
    }
    return busy;
  }

  /** Closes everything, whatever is under way. */
  close(): void {
    for (const session of this.#sessions) session.close();
    this.endpointPool.close();
    this.accessLog?.flush();
  }
}

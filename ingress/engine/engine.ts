import type { BlockedRequests } from "#src/model/blocked-requests.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import { type ClientCounts, ClientLimits } from "#src/filters/client-limits.ts";
import { KeyedBuckets, type RequestBuckets } from "#src/filters/keyed-buckets.ts";
import type { SetRequestHeaders } from "#src/auth/parse-request-headers.ts";
import { type AnswerFields, NO_ANSWER_FIELDS } from "#src/filters/answer-fields.ts";
import type { LimitStatuses } from "#src/filters/filter-state.ts";
import type { SetHeaders } from "#src/filters/parse-set-headers.ts";
import { passthroughFor, routeUnread } from "#src/routing/route.ts";
import { EMPTY_ROUTES } from "#src/routing/empty-routes.ts";
import { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { AcceptedEvents, Connect, Connection } from "#ingress/io/connection.ts";
import { type AccessControl, NO_ACCESS } from "./access-control.ts";
import { AccessLog, type AccessLogOptions } from "./log/access-log.ts";
import { printAnswer } from "./h1/answer.ts";
import { Balancer } from "./endpoints/balancer.ts";
import { ClientSession } from "./h1/client-session.ts";
import { FirstBytes } from "./h2/first-bytes.ts";
import { Http2Context } from "./h2/http2-context.ts";
import { Http2Session } from "./h2/http2-session.ts";
import type { ConnectionSession } from "./connection-session.ts";
import type { EngineContext } from "./context.ts";
import { Counters } from "./counters.ts";
import { DateLine } from "./date-line.ts";
import type { HeaderNames } from "./h1/forwarded-request.ts";
import { EndpointTrials } from "./endpoints/endpoint-trials.ts";
import { type EndpointSecurity, NO_ENDPOINT_SECURITY } from "./endpoints/endpoint-security.ts";
import { HeadWriter } from "./head-writer.ts";
import { IngressTraffic } from "./ingress-traffic.ts";
import { RequestSeries } from "./request-series.ts";
import { type Mirror, NO_MIRROR } from "./mirror.ts";
import type { TrustedProxies } from "./trusted-client.ts";
import { Turns } from "./turns.ts";
import type { TraceContext } from "./trace-context.ts";
import { UnsentBytes } from "./unsent-bytes.ts";
import { KnownHosts } from "./known-hosts.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { removedEndpoints } from "./endpoints/removed-endpoints.ts";
import { PassthroughSession } from "./passthrough/passthrough-session.ts";
import { ReplayPool } from "./replay.ts";
import { RequestHead } from "./request-head.ts";
import { RequestTexts } from "./request-texts.ts";
import { RequestRecord } from "./request-record.ts";
import { ResponseHead } from "./response-head.ts";
import type { Compression } from "#src/filters/compression.ts";
import { ClientTies } from "./client-tie.ts";
import { Compressors } from "./compressors.ts";
import { type ReadUnacknowledged, SilenceWatch } from "./endpoints/silence-watch.ts";
import { EndpointPool } from "./endpoints/endpoint-pool.ts";

export interface EngineOptions {
  /** Makes the way to open connections; it gets the engine's buffers. */
  readonly connect: (buffers: BufferPool) => Connect;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /** From 0 to below 1; `Math.random` by default. */
  readonly chance?: () => number;
  readonly limits?: Partial<Limits>;
  /** Without it a dead endpoint is found by connecting and by keep-alive probes only. */
  readonly readUnacknowledged?: ReadUnacknowledged;
  /** Answer plain requests for hosts with a `tls` entry by 308; by default they are served. */
  readonly redirectsToHttps?: boolean;
  /** The port for HTTPS that clients see; 443 by default. */
  readonly sslRedirectPort?: number;
  /** Of answers to requests beyond a limit; 503 by default. */
  readonly limitStatuses?: LimitStatuses;
  /** What was asked for, for limits of policies; of its own by default. */
  readonly keyedBuckets?: RequestBuckets;
  /** What clients have asked for, for limits of Ingresses; of its own by default. */
  readonly clientLimits?: ClientCounts | undefined;
  /** Engines that serve together: what all of them may do is divided by it. 1 by default. */
  readonly engines?: number;
  /** What is done to the heads of all answers; by default nothing. */
  readonly answerFields?: AnswerFields;
  /** How answers are compressed for clients that take that, best first; by default none are. */
  readonly compressions?: readonly Compression[];
  /** Which names of request header fields are forwarded; `plain` by default. */
  readonly headerNames?: HeaderNames;
  /** Whose word counts of whom requests are from; by default that of no proxy. */
  readonly trustedProxies?: TrustedProxies | undefined;
  /** Asked about requests of rules that say who may come in; without it none of them may. */
  readonly access?: AccessControl;
  /** How TLS is spoken to endpoints; without it none that needs it is asked. */
  readonly endpointSecurity?: EndpointSecurity;
  /** Gets copies of requests whose rules say so; without it there are none. */
  readonly mirror?: Mirror;
  /** Calls back after the events that are there now; `setImmediate` by default. */
  readonly soon?: (run: () => void) => unknown;
  /** Gets the lines of the access log, several at once; without it there is none. */
  readonly writeAccessLog?: ((lines: Buffer) => void) | undefined;
  /** How these lines are written, and which are not. */
  readonly accessLog?: AccessLogOptions | undefined;
  /** Requests are counted under ingress-nginx's labels, too. */
  readonly countsSeries?: boolean;
  /** Clients without TLS may speak HTTP/2 without asking (prior knowledge); false by default. */
  readonly isPlainHttp2On?: boolean;
  /** `pass` by default. */
  readonly traceContext?: TraceContext;
}

/** The engine: gives each accepted connection its events, and routes by the table of the moment. */
export class Engine implements EngineContext {
  limits: Limits;
  readonly counters = new Counters();
  readonly buffers = new BufferPool();
  readonly connect: Connect;
  readonly balancer: Balancer;
  readonly #trials: EndpointTrials;
  readonly silenceWatch: SilenceWatch;
  readonly access: AccessControl;
  readonly endpointSecurity: EndpointSecurity;
  readonly mirror: Mirror;
  readonly replays = new ReplayPool();
  readonly knownHosts = new KnownHosts();
  readonly date = new DateLine();
  readonly writer = new HeadWriter();
  readonly requestHead: RequestHead;
  readonly requestTexts: RequestTexts;
  readonly endpointPool: EndpointPool;
  readonly ties = new ClientTies();
  readonly clockMs: () => number;
  readonly wallMs: () => number;
  readonly chance: () => number;
  readonly redirectsToHttps: boolean;
  readonly sslRedirectPort: number | undefined;
  readonly headerNames: HeaderNames;
  readonly trustedProxies: TrustedProxies | undefined;
  readonly compressors: Compressors;
  answerFields: AnswerFields;
  limitStatuses: LimitStatuses | undefined;
  readonly unsent: UnsentBytes;
  readonly clientLimits: ClientCounts;
  readonly keyedBuckets: RequestBuckets;
  readonly turns: Turns;
  readonly accessLog: AccessLog | undefined;
  readonly traceContext: TraceContext;
  readonly traffic = new IngressTraffic();
  readonly series: RequestSeries | undefined;
  scratch: Buffer;
  routes: RouteTable = EMPTY_ROUTES;
  setHeaders: ReadonlyMap<string, SetHeaders> = new Map();
  blocked: BlockedRequests | undefined = undefined;
  requestHeaders: SetRequestHeaders | undefined = undefined;
  nowMs: number;
  isDraining = false;
  readonly http2: Http2Context;
  readonly #isPlainHttp2On: boolean;
  readonly #sessions = new Set<ConnectionSession>();
  readonly #onGone = (session: ConnectionSession): void => {
    this.#sessions.delete(session);
    this.ties.end(session.client);
    this.counters.openConnections = this.#sessions.size;
  };

  constructor(options: EngineOptions) {
    const { connect, clockMs, wallMs, limits, writeAccessLog } = options;
    const { redirectsToHttps = false, headerNames = "plain", soon = setImmediate, chance = Math.random } = options;
    const { readUnacknowledged = () => Promise.resolve(undefined) } = options;
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.clockMs = clockMs;
    this.wallMs = wallMs;
    this.chance = chance;
    this.redirectsToHttps = redirectsToHttps;
    this.sslRedirectPort = options.sslRedirectPort;
    this.headerNames = headerNames;
    this.trustedProxies = options.trustedProxies;
    this.compressors = new Compressors(options.compressions ?? []);
    this.limitStatuses = options.limitStatuses;
    this.clientLimits = options.clientLimits ?? new ClientLimits();
    this.keyedBuckets = options.keyedBuckets ?? new KeyedBuckets();
    this.answerFields = options.answerFields ?? NO_ANSWER_FIELDS;
    this.access = options.access ?? NO_ACCESS;
    this.endpointSecurity = options.endpointSecurity ?? NO_ENDPOINT_SECURITY;
    this.accessLog = writeAccessLog && new AccessLog(writeAccessLog, options.accessLog);
    this.series = options.countsSeries === true ? new RequestSeries() : undefined;
    this.#isPlainHttp2On = options.isPlainHttp2On ?? false;
    this.traceContext = options.traceContext ?? "pass";
    this.mirror = options.mirror ?? NO_MIRROR;
    this.nowMs = clockMs();
    this.balancer = new Balancer(
      () => this.nowMs,
      (endpoint, endpoints) => this.#trials.start(endpoint, endpoints),
      options.engines,
    );
    this.silenceWatch = new SilenceWatch(readUnacknowledged, clockMs);
    this.turns = new Turns(soon);
    this.unsent = new UnsentBytes(this.limits.unsentBytes, this.#sessions, () => this.nowMs);
    this.scratch = this.buffers.take();
    this.http2 = new Http2Context(this.limits, { buffers: this.buffers, soon });
    this.requestHead = new RequestHead(this.limits);
    this.requestTexts = new RequestTexts(this.scratch, this.requestHead, chance);
    this.connect = connect(this.buffers);
    this.endpointPool = new EndpointPool({
      connect: this.connect,
      limits: () => this.limits,
      counters: this.counters,
      responseHead: new ResponseHead(this.limits),
      buffers: this.buffers,
      flushes: this.http2.flushes,
      clockMs,
      onIdleDeath: (endpoint) => this.balancer.health.onIdleDeath(endpoint),
    });
    this.#trials = new EndpointTrials({
      connect: this.connect,
      health: this.balancer.health,
      connectMs: this.limits.connectMs,
      nowMs: () => this.nowMs,
    });
    this.date.update(wallMs());
  }

  /** The events of a connection that was accepted. */
  accept(connection: Connection): AcceptedEvents {
    return this.#begin(this.#sessionOn(connection));
  }

  /** Whether TLS connections are passed on unread, now. */
  get passesTls(): boolean {
    return this.routes.passthroughs > 0;
  }

  /** What takes the connections of clients that mean this server by TLS, where they are passed on unread; undefined: they are not. */
  acceptUnread(serverName: string): ((connection: Connection) => AcceptedEvents) | undefined {
    const rule = passthroughFor(this.routes, serverName);
    if (rule === undefined) return undefined;
    const { routes } = this;
    return (connection) =>
      this.#begin(
        new PassthroughSession(this, connection, { rule, serverName, route: routeUnread(routes, rule) }, this.#onGone),
      );
  }

  #begin<S extends ConnectionSession>(session: S): S {
    this.#sessions.add(session);
    this.counters.connections += 1;
    this.counters.openConnections = this.#sessions.size;
    return session;
  }

  #sessionOn(connection: Connection): ConnectionSession {
    const open = (isHttp2: boolean, onGone: (session: ConnectionSession) => void): ConnectionSession =>
      isHttp2 ? new Http2Session(this, connection, onGone) : new ClientSession(this, connection, onGone);
    if (!this.#isPlainHttp2On || connection.isSecure) return open(connection.alpn === "h2", this.#onGone);
    const first: FirstBytes = new FirstBytes(
      this,
      connection,
      (isHttp2) => open(isHttp2, () => this.#onGone(first)),
      this.#onGone,
    );
    return first;
  }

  /** Routes requests by this table from now on; those under way keep what they got. */
  useRoutes(routes: RouteTable): void {
    for (const endpoint of removedEndpoints(this.routes, routes)) {
      this.endpointPool.closeIdleTo(endpoint);
      this.balancer.groups.forget(endpoint);
    }
    this.routes = routes;
  }

  /** Moves the coarse clock on and acts on deadlines. Call it several times a second. */
  tick(): void {
    this.nowMs = this.clockMs();
    this.date.update(this.wallMs());
    for (const session of this.#sessions) session.onTick(this.nowMs);
    this.unsent.look();
    this.endpointPool.closeIdle();
    this.balancer.health.forgetOld();
    this.clientLimits.forgetOld(this.nowMs);
    this.keyedBuckets.forgetOld(this.nowMs);
    this.silenceWatch.tick();
    this.#trials.tick();
    this.accessLog?.flush();
  }

  /** From now on the next answer of each connection is its last. */
  drain(): void {
    this.isDraining = true;
    for (const session of this.#sessions) session.drain(false);
  }

  /**
   * Nothing is accepted any longer: ends connections whose clients have sent no request for a moment. Returns how many are left: these, with
   * a request under way, an answer not yet sent, or input that is dropped for a while after the last answer.
   */
  endIdle(): number {
    this.nowMs = this.clockMs();
    for (const session of this.#sessions) session.drain(true);
    return this.#sessions.size;
  }

  /** The answer for a client that speaks HTTP without TLS on the port for TLS. */
  answerPlainHttp(clientAddress: string): Buffer {
    const record = new RequestRecord(this, { remoteAddress: clientAddress, isSecure: false });
    record.begin();
    record.end(400, undefined, "plain-http-on-tls-port");
    const sentence = "this port speaks HTTPS; use a URL that begins with https://";
    return printAnswer(400, { isHead: false, connection: "close", date: this.date, sentence });
  }

  /** Closes everything, whatever is under way. */
  close(): void {
    for (const session of this.#sessions) session.close();
    this.endpointPool.close();
    this.#trials.close();
    this.accessLog?.flush();
  }
}

import type { ClientTies } from "./client-tie.ts";
import type { Compressors } from "./compressors.ts";
import type { SetRequestHeaders } from "#src/auth/parse-request-headers.ts";
import type { AnswerFields } from "#src/filters/answer-fields.ts";
import type { FilterState } from "#src/filters/filter-state.ts";
import type { SetHeaders } from "#src/filters/parse-set-headers.ts";
import type { BlockedRequests } from "#src/model/blocked-requests.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import type { Connect } from "#ingress/io/connection.ts";
import type { AccessControl } from "./access-control.ts";
import type { AccessLog } from "./log/access-log.ts";
import type { Balancer } from "./endpoints/balancer.ts";
import type { Counters } from "./counters.ts";
import type { DateLine } from "./date-line.ts";
import type { EndpointSecurity } from "./endpoints/endpoint-security.ts";
import type { HeaderNames } from "./h1/forwarded-request.ts";
import type { Http2Context } from "./h2/http2-context.ts";
import type { HeadWriter } from "./head-writer.ts";
import type { IngressTraffic } from "./ingress-traffic.ts";
import type { KnownHosts } from "./known-hosts.ts";
import type { Limits } from "./limits.ts";
import type { Mirror } from "./mirror.ts";
import type { SilenceWatch } from "./endpoints/silence-watch.ts";
import type { ReplayPool } from "./replay.ts";
import type { RequestHead } from "./request-head.ts";
import type { RequestSeries } from "./request-series.ts";
import type { RequestTexts } from "./request-texts.ts";
import type { TrustedProxies } from "./trusted-client.ts";
import type { Turns } from "./turns.ts";
import type { TraceContext } from "./trace-context.ts";
import type { UnsentBytes } from "./unsent-bytes.ts";
import type { EndpointPool } from "./endpoints/endpoint-pool.ts";

/** What all connections of an engine share. */
export interface EngineContext extends FilterState {
  /** Opens connections to endpoints that no request shares. */
  readonly connect: Connect;
  /** Those of the moment: replaced whole. */
  readonly limits: Limits;
  readonly http2: Http2Context;
  readonly counters: Counters;
  readonly buffers: BufferPool;
  readonly endpointPool: EndpointPool;
  readonly ties: ClientTies;
  readonly replays: ReplayPool;
  readonly balancer: Balancer;
  readonly silenceWatch: SilenceWatch;
  /** Asked about requests of rules that say who may come in. */
  readonly access: AccessControl;
  readonly endpointSecurity: EndpointSecurity;
  /** Gets copies of requests. */
  readonly mirror: Mirror;
  readonly date: DateLine;
  /** One for all: a head is read and forwarded within one call. */
  readonly requestHead: RequestHead;
  /** Parts of that head by name. */
  readonly requestTexts: RequestTexts;
  readonly knownHosts: KnownHosts;
  readonly writer: HeadWriter;
  /** Where answers are put together before they are sent; replaced when a slow client still needs it. */
  scratch: Buffer;
  /** The table of this moment: a request is routed once, and keeps what it got. */
  readonly routes: RouteTable;
  /** Header fields of answers that ConfigMaps name, by their keys (`namespace/name`). */
  readonly setHeaders: ReadonlyMap<string, SetHeaders>;
  /** Requests that are answered 403, whatever they ask for; undefined: none. */
  readonly blocked: BlockedRequests | undefined;
  /** Header fields of all requests to endpoints; undefined: none. */
  readonly requestHeaders: SetRequestHeaders | undefined;
  /** What is done to the heads of all answers. */
  readonly answerFields: AnswerFields;
  readonly compressors: Compressors;
  /** Monotonic milliseconds of the last tick: good enough for deadlines, and costs nothing. */
  readonly nowMs: number;
  /** From 0 to below 1, each time another number. */
  readonly chance: () => number;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Whose word counts of whom requests are from; undefined: that of no proxy. */
  readonly trustedProxies: TrustedProxies | undefined;
  /** Which names of request header fields are forwarded. */
  readonly headerNames: HeaderNames;
  /** Memory that waits for slow clients. */
  readonly unsent: UnsentBytes;
  /** Work that waits until other connections had their turn. */
  readonly turns: Turns;
  readonly accessLog: AccessLog | undefined;
  /** What is counted of each Ingress. */
  readonly traffic: IngressTraffic;
  /** What is counted under ingress-nginx's labels; undefined: nothing. */
  readonly series: RequestSeries | undefined;
  /** What becomes of requests without a trace context. */
  readonly traceContext: TraceContext;
  /** The program ends: the next answer of each connection closes it. */
  readonly isDraining: boolean;
}

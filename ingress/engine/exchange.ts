import type { Backend, BackendEndpoint } from "#src/routing/table.ts";
import type { BodyReader } from "./body-reader.ts";
import type { EngineContext } from "./context.ts";
import type { UpstreamFailure } from "./counters.ts";
import { ADDED_BYTES, type ForwardedRequest, writeForwardedRequest } from "./forward-request.ts";
import { type ForwardedResponse, writeForwardedResponse } from "./forward-response.ts";
import { methodIs } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";
import type { ResponseReceiver, UpstreamConnection } from "./upstream-connection.ts";

/** A body of up to this size that comes with its head is sent with it, in one write. */
const SMALL_BODY_BYTES = 16_384;

/** RFC 9110 section 9.2.2: what may be sent twice. */
const IDEMPOTENT_METHODS = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"];

/** The client's side of an exchange. */
export interface ExchangeClient {
  /** Sends to the client; true: the buffer is kept, stop until `onClientDrain`. */
  sendToClient(bytes: Buffer, start: number, end: number): boolean;
  /** Sends what stands at the beginning of the scratch buffer; true: stop until `onClientDrain`. */
  sendScratch(length: number): boolean;
  setDeadline(afterMs: number): void;
  pauseClient(): void;
  resumeClient(): void;
  /** The response is complete, or (undefined) none has begun and this failure must be answered. */
  onExchangeEnd(status: number, mayKeepAlive: boolean): void;
  onExchangeFailure(status: 502 | 504): void;
  /** The response cannot be completed: the client must not take it for complete. */
  abortClient(): void;
  /** Bytes go both ways from now on. */
  onTunnel(): void;
  onTunnelEnd(): void;
  /** Both sides of the tunnel had ended, and the endpoint has taken all. */
  onTunnelGone(): void;
}

/** What an exchange begins with. */
export interface ExchangeRequest extends ForwardedRequest {
  readonly backend: Backend;
  /** Follows the request's body; shared with the client's side, which advances it. */
  readonly body: BodyReader;
}

/** One request on its way to an endpoint and its response on the way back. */
export class Exchange implements ResponseReceiver {
  readonly wantsPlainBody: boolean;
  readonly #context: EngineContext;
  readonly #client: ExchangeClient;
  readonly #requestBody: BodyReader;
  readonly #backend: Backend;
  readonly #isHead: boolean;
  readonly #isIdempotent: boolean;
  readonly #wantsKeepAlive: boolean;
  readonly #wantsUpgrade: boolean;
  #upstream: UpstreamConnection | undefined;
  /** Endpoints that were tried, the present one last. */
  readonly #tried: BackendEndpoint[] = [];
  /** The whole request lies in the upstream's head buffer. */
  #isReplayable = true;
  /** Body that waits for the connection. */
  #held: { readonly bytes: Buffer; readonly start: number; readonly end: number } | undefined;
  /** Buffers in use by the upstream until it drains. */
  readonly #kept: Buffer[] = [];
  #isUpstreamStalled = false;
  #isClientStalled = false;
  #status = 0;
  #mayKeepAlive = false;
  /** Of a tunnel: who has ended its side. */
  #hasClientEnded = false;
  #hasUpstreamEnded = false;

  constructor(context: EngineContext, client: ExchangeClient, request: ExchangeRequest) {
    const { head, bytes } = request;
    this.#context = context;
    this.#client = client;
    this.#requestBody = request.body;
    this.#backend = request.backend;
    this.#wantsUpgrade = request.wantsUpgrade;
    this.wantsPlainBody = head.minorVersion === 0;
    this.#isHead = methodIs(bytes, head, "HEAD");
    this.#isIdempotent = IDEMPOTENT_METHODS.some((method) => methodIs(bytes, head, method));
    this.#wantsKeepAlive = !head.connection.close && (head.minorVersion === 1 || head.connection.keepAlive);
  }

  /** `address:port` of the endpoint that was asked last. */
  get endpoint(): string {
    const endpoint = this.#tried.at(-1);
    return endpoint === undefined ? "" : `${endpoint.address}:${endpoint.port}`;
  }

  get isRequestComplete(): boolean {
    return this.#requestBody.isDone && this.#held === undefined;
  }

  /** Sends the head and the part of the body that came with it; true: the buffer is kept. */
  start(request: ExchangeRequest, bodyStart: number, bodyEnd: number): boolean {
    const { bytes, head } = request;
    const upstream = this.#connect(this.#context.balancer.next(this.#backend), false);
    const isSmall = bodyEnd - bodyStart <= SMALL_BODY_BYTES;
    const room = head.lines.nameStart[head.lines.count]! - head.start + (request.rewrittenPath?.length ?? 0);
    const needed = room + request.clientLines.length + ADDED_BYTES + (isSmall ? bodyEnd - bodyStart : 0);
    if (upstream.head.length < needed) upstream.head = Buffer.allocUnsafeSlow(needed);
    const { writer } = this.#context;
    writer.begin(upstream.head);
    writeForwardedRequest(writer, request);
    if (isSmall) writer.copy(bytes, bodyStart, bodyEnd);
    // A head that did not fit would be cut off, and the rest taken for another request.
    if (writer.at > upstream.head.length) throw new RangeError("bug: the request head outgrew its buffer");
    upstream.headLength = writer.at;
    upstream.begin(this, this.#isHead);
    if (!isSmall) return this.sendBody(bytes, bodyStart, bodyEnd);
    this.#isReplayable = this.#requestBody.isDone;
    return false;
  }

  /** Sends more of the request's body, or of what goes through a tunnel; true: the buffer is kept. */
  sendBody(bytes: Buffer, start: number, end: number): boolean {
    const upstream = this.#upstream!;
    this.#setGapDeadline();
    if (!upstream.isConnected) {
      this.#held = { bytes, start, end };
      this.#client.pauseClient();
      return true;
    }
    this.#isReplayable = false;
    if (upstream.send(bytes, start, end)) return false;
    this.#kept.push(bytes);
    this.#isUpstreamStalled = true;
    this.#client.pauseClient();
    return true;
  }

  /** The client has ended its side of a tunnel. */
  endTunnel(): void {
    this.#hasClientEnded = true;
    this.#setGapDeadline();
    this.#upstream?.end();
  }

  /** The client is gone, or its request turned out malformed: the endpoint need not go on. */
  cancel(): void {
    this.#upstream?.close();
    this.#upstream = undefined;
  }

  /** All that was sent to the client has left. */
  onClientDrain(): void {
    if (!this.#isClientStalled) return;
    this.#isClientStalled = false;
    this.#setGapDeadline();
    this.#upstream?.resume();
  }

  /** The deadline has passed: finds out who is to blame. */
  onDeadline(): "client" | "upstream" {
    const isClientLate = this.#isClientStalled || (!this.isRequestComplete && !this.#isUpstreamStalled);
    const upstream = this.#upstream;
    if (upstream === undefined || (upstream.isConnected && isClientLate)) return "client";
    upstream.fail(upstream.isConnected ? "read-timeout" : "connect-timeout");
    return "upstream";
  }

  /** Both sides have ended; what each has still to take may be under way. */
  get #isTunnelEnded(): boolean {
    return this.#hasClientEnded && this.#hasUpstreamEnded;
  }

  get hasBegunResponse(): boolean {
    return this.#status !== 0;
  }

  onUpstreamConnect(): void {
    this.#setGapDeadline();
    this.#tellSuccess();
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    if (this.sendBody(held.bytes, held.start, held.end)) return;
    this.#context.buffers.give(held.bytes);
    this.#client.resumeClient();
  }

  onUpstreamDrain(): void {
    for (const buffer of this.#kept.splice(0)) this.#context.buffers.give(buffer);
    if (!this.#isUpstreamStalled) return;
    this.#isUpstreamStalled = false;
    this.#setGapDeadline();
    this.#client.resumeClient();
  }

  onResponseHead(head: ResponseHead, bytes: Buffer, bodyStart: number, bodyEnd: number): boolean {
    if (head.status < 200 && head.status !== 101) {
      if (!this.wantsPlainBody) this.#sendHead(head, bytes, { connection: "default", bodyStart, bodyEnd });
      return false;
    }
    const isTunnel = head.status === 101;
    if (isTunnel && (!this.#wantsUpgrade || head.upgradeLine === -1)) {
      this.#upstream?.fail("bad-response");
      return false;
    }
    this.#status = head.status;
    this.#setGapDeadline();
    this.#tellSuccess();
    if (isTunnel) {
      const isKept = this.#sendHead(head, bytes, { connection: "upgrade", bodyStart, bodyEnd });
      this.#client.onTunnel();
      return isKept;
    }
    this.#mayKeepAlive = this.#decideKeepAlive();
    const keptOpen = this.wantsPlainBody ? "keep-alive" : "default";
    return this.#sendHead(head, bytes, { connection: this.#mayKeepAlive ? keptOpen : "close", bodyStart, bodyEnd });
  }

  onResponseBody(bytes: Buffer, start: number, end: number): boolean {
    this.#setGapDeadline();
    return this.#stallIf(this.#client.sendToClient(bytes, start, end));
  }

  onResponseEnd(): void {
    if (this.#status === 101) {
      this.#hasUpstreamEnded = true;
      this.#setGapDeadline();
      this.#client.onTunnelEnd();
      return;
    }
    this.#upstream = undefined;
    this.#client.onExchangeEnd(this.#status, this.#mayKeepAlive);
  }

  onUpstreamFailure(failure: UpstreamFailure, upstream: UpstreamConnection): void {
    this.#upstream = undefined;
    if (this.#isTunnelEnded) {
      this.#client.onTunnelGone();
      return;
    }
    this.#context.counters.countUpstreamFailure(failure);
    const { health } = this.#context.balancer;
    if (!upstream.isConnected) health.onConnectFailure(this.#tried.at(-1)!, this.#backend.endpoints);
    if (this.#status !== 0) {
      this.#client.abortClient();
    } else if (this.#mayRetry(failure, upstream)) {
      this.#retry(failure, upstream);
    } else {
      this.#client.onExchangeFailure(failure.endsWith("timeout") ? 504 : 502);
    }
  }

  #tellSuccess(): void {
    const { health } = this.#context.balancer;
    if (!health.isClear) health.onSuccess(this.#tried.at(-1)!);
  }

  #connect(endpoint: BackendEndpoint, isFresh: boolean): UpstreamConnection {
    const { upstreams, limits, balancer } = this.#context;
    const isNew = isFresh || (!balancer.health.isClear && balancer.health.isOnTrial(endpoint));
    const upstream = isNew ? upstreams.open(endpoint) : upstreams.acquire(endpoint);
    this.#upstream = upstream;
    this.#tried.push(endpoint);
    this.#client.setDeadline(upstream.isConnected ? limits.upstreamGapMs : limits.connectMs);
    return upstream;
  }

  /**
   * Where no connection came about nothing was sent, so any request may go elsewhere. Where one broke before a byte of
   * the response, only a request that may be sent twice and still lies in the buffer.
   */
  #mayRetry(failure: UpstreamFailure, upstream: UpstreamConnection): boolean {
    const isStale = failure === "closed" && upstream.served > 0;
    const tries = Math.min(this.#context.limits.tries, this.#backend.endpoints.length);
    if (!isStale && this.#tried.length >= tries) return false;
    if (!upstream.isConnected) return true;
    return failure === "closed" && !upstream.hasReceived && this.#isIdempotent && this.#isReplayable;
  }

  /** An old connection that the endpoint had closed is no fault of the endpoint: a new one to it, once. */
  #retry(failure: UpstreamFailure, failed: UpstreamConnection): void {
    this.#context.counters.retries += 1;
    const isStale = failure === "closed" && failed.served > 0;
    const endpoint = isStale ? this.#tried.pop()! : this.#context.balancer.next(this.#backend, this.#tried);
    const upstream = this.#connect(endpoint, true);
    upstream.head = failed.head;
    upstream.headLength = failed.headLength;
    upstream.begin(this, this.#isHead);
  }

  #setGapDeadline(): void {
    const { upstreamGapMs, clientGapMs, tunnelIdleMs } = this.#context.limits;
    if (this.#upstream?.isConnected === false) return;
    if (this.#status === 101 && !this.#isTunnelEnded) this.#client.setDeadline(tunnelIdleMs);
    else this.#client.setDeadline(this.#isClientStalled ? clientGapMs : upstreamGapMs);
  }

  /** The client's connection lives on if both sides want it, and the end of the response can be told without closing. */
  #decideKeepAlive(): boolean {
    const { isUntilClose, isChunked } = this.#upstream!.body;
    const isEndTold = !isUntilClose && !(isChunked && this.wantsPlainBody);
    return this.#wantsKeepAlive && isEndTold && this.isRequestComplete && !this.#context.isDraining;
  }

  /** Sends the head and, where it fits, the part of the body that came with it, in one write. */
  #sendHead(
    head: ResponseHead,
    bytes: Buffer,
    how: { readonly connection: ForwardedResponse["connection"]; readonly bodyStart: number; readonly bodyEnd: number },
  ): boolean {
    const { writer, scratch, date } = this.#context;
    const { connection, bodyStart, bodyEnd } = how;
    // RFC 9112 section 6.1: no Transfer-Encoding in 1xx and 204.
    const isChunked = head.isChunked && !this.wantsPlainBody && head.status >= 200 && head.status !== 204;
    writer.begin(scratch);
    writeForwardedResponse(writer, { bytes, head, date, connection, isChunked });
    const fits = bodyEnd - bodyStart <= scratch.length - writer.at;
    if (fits) writer.copy(bytes, bodyStart, bodyEnd);
    this.#stallIf(this.#client.sendScratch(writer.at));
    return !fits && this.#stallIf(this.#client.sendToClient(bytes, bodyStart, bodyEnd));
  }

  /** Stops reading from the endpoint while the client does not keep up. */
  #stallIf(isKept: boolean): boolean {
    if (isKept && !this.#isClientStalled) {
      this.#isClientStalled = true;
      this.#setGapDeadline();
      this.#upstream?.pause();
    }
    return isKept;
  }
}

import type { AnswerRate } from "#src/filters/answer-rate.ts";
import type { EndpointPatience } from "#src/filters/endpoint-patience.ts";
import type { Backend, BackendEndpoint } from "#src/routing/route-table.ts";
import type { SecureTarget } from "#ingress/io/secure-target.ts";
import { type Attempts, attemptsFor } from "./endpoints/attempt.ts";
import { AnswerHead } from "./h1/answer-head.ts";
import { AnswerFlow, type AnswerSource } from "./answer-flow.ts";
import type { BodyReader } from "./h1/body-reader.ts";
import type { EngineContext } from "./context.ts";
import type { EndpointChoice } from "./endpoints/endpoint-choice.ts";
import { type EndpointFailure, isSignOfDeath } from "./counters.ts";
import type { ErrorPageRequest } from "./error-page-request.ts";
import type { ExchangeClient } from "./exchange-client.ts";
import type { ExchangeRequest } from "./exchange-request.ts";
import { mostBytes, writeForwardedRequest } from "./h1/forwarded-request.ts";
import type { ForwardedResponse } from "./h1/forwarded-response.ts";
import { methodIs } from "./request-head.ts";
import { keepForReplay } from "./keep-for-replay.ts";
import { isStale, mayAskAfter, mayAskAfterStatus, mayRepeat } from "./endpoints/may-ask-after.ts";
import type { ResponseHead } from "./response-head.ts";
import { RESPONSE_REASONS, type ResponseReason } from "./response-reason.ts";
import { SUSPECT_AFTER_MS } from "./endpoints/silence-watch.ts";
import type { ResponseReceiver, EndpointConnection } from "./h1/endpoint-connection.ts";

/** A body of up to this size that comes with its head is sent with it, in one write. */
const SMALL_BODY_BYTES = 16_384;

/** Times that the kernel sends a request again before it goes elsewhere, if it may: about 1.5 s, by doubling from 200 ms. */
const REPLAY_AFTER = 3;
/** Times before a request is given up that may not be sent twice: about 13 s. A short cut in the network heals before. */
const GIVE_UP_AFTER = 6;

/** One request on its way to an endpoint and its response on the way back. */
export class Exchange implements ResponseReceiver, AnswerSource {
  readonly #context: EngineContext;
  readonly #client: ExchangeClient;
  readonly #requestBody: BodyReader;
  readonly #backend: Backend;
  readonly #choice: EndpointChoice | undefined;
  readonly #patience: EndpointPatience | undefined;
  readonly #secure: SecureTarget | undefined;
  readonly #errorPage: ErrorPageRequest | undefined;
  /** Another exchange answers the client in place of this one: what comes of this answer is dropped. */
  #isReplaced = false;
  readonly #isHead: boolean;
  readonly #mayRepeat: boolean;
  readonly #beganMs: number;
  readonly #wantsKeepAlive: boolean;
  readonly #wantsUpgrade: boolean;
  readonly #head: AnswerHead;
  readonly #answerRate: AnswerRate | undefined;
  readonly #flow: AnswerFlow;
  #connection: EndpointConnection | undefined;
  /** Endpoints that were tried, the present one last. */
  readonly #tried: BackendEndpoint[] = [];
  /** All that was sent of the request lies in the connection's head buffer. */
  #isReplayable = true;
  /** Body that waits for the connection. */
  #held: { readonly bytes: Buffer; readonly start: number; readonly end: number } | undefined;
  /** Buffers in use by the connection until it drains. */
  readonly #kept: Buffer[] = [];
  #isEndpointStalled = false;
  #status = 0;
  /** An interim answer has gone to the client. */
  #hasInterim = false;
  #mayKeepAlive = false;
  /** Something was sent, and nothing has come since that shows that the endpoint is there. */
  #mayBeUnheard = false;
  /** When the silence of the client or of the endpoint has lasted too long. */
  #gapEndsMs = 0;
  /** Of a tunnel: which sides have ended. */
  #hasClientEnded = false;
  #hasEndpointEnded = false;

  constructor(context: EngineContext, client: ExchangeClient, request: ExchangeRequest) {
    const { head, bytes } = request;
    this.#context = context;
    this.attempts = attemptsFor(context);
    this.#client = client;
    this.#requestBody = request.body;
    this.#backend = request.backend;
    this.#choice = request.choice;
    this.#patience = request.patience;
    this.#secure = request.secure;
    this.#errorPage = request.errorPage;
    this.#wantsUpgrade = request.wantsUpgrade;
    this.#head = new AnswerHead(request);
    this.#answerRate = request.answerRate;
    this.#flow = new AnswerFlow(context, { client, source: this }, request.compression);
    this.#isHead = methodIs(bytes, head, "HEAD");
    this.#mayRepeat = mayRepeat(bytes, head, request.patience?.next);
    this.#beganMs = context.nowMs;
    this.#wantsKeepAlive = !head.connection.close && (head.minorVersion === 1 || head.connection.keepAlive);
  }

  /** The endpoints that were asked, where the access log needs them. */
  readonly attempts: Attempts | undefined;

  /** `address:port` of the endpoint that was asked last. */
  get endpoint(): string {
    const endpoint = this.#tried.at(-1);
    return endpoint === undefined ? "" : `${endpoint.address}:${endpoint.port}`;
  }

  get wantsPlainBody(): boolean {
    return this.#head.isHttp10 || this.#head.compression?.body !== undefined;
  }

  get isRequestComplete(): boolean {
    return this.#requestBody.isDone && this.#held === undefined;
  }

  /** Sends the head and the part of the body that came with it; true: the buffer is kept. */
  start(request: ExchangeRequest, bodyStart: number, bodyEnd: number): boolean {
    const { bytes } = request;
    const endpoint = this.#context.balancer.next(this.#backend, this.#tried, this.#choice);
    const connection = this.#connect(endpoint, request.isFirst ? "settled" : "any");
    const isSmall = bodyEnd - bodyStart <= SMALL_BODY_BYTES;
    const needed = mostBytes(request) + (isSmall ? bodyEnd - bodyStart : 0);
    if (connection.head.length < needed) connection.head = Buffer.allocUnsafeSlow(needed);
    const { writer } = this.#context;
    writer.begin(connection.head);
    writeForwardedRequest(writer, request);
    if (isSmall) writer.copy(bytes, bodyStart, bodyEnd);
    // A head that did not fit would be cut off, and the rest taken for another request.
    if (writer.at > connection.head.length) throw new RangeError("bug: the request head outgrew its buffer");
    connection.headLength = writer.at;
    connection.begin(this, this.#isHead, this.#patience?.headBytes);
    return !isSmall && this.sendBody(bytes, bodyStart, bodyEnd);
  }

  /** Sends more of the request's body, or of what goes through a tunnel; true: the buffer is kept. */
  sendBody(bytes: Buffer, start: number, end: number): boolean {
    const connection = this.#connection!;
    this.#mayBeUnheard = true;
    this.#setGapDeadline();
    if (!connection.isConnected) {
      this.#held = { bytes, start, end };
      this.#client.pauseClient();
      return true;
    }
    this.#isReplayable &&= this.#mayRepeat && this.#status === 0 && keepForReplay(connection, bytes, { start, end });
    if (connection.send(bytes, start, end)) return false;
    this.#kept.push(bytes);
    this.#isEndpointStalled = true;
    // From now on the endpoint is waited for, and no longer the client.
    this.#setGapDeadline();
    this.#client.pauseClient();
    return true;
  }

  /** The client has ended its side of a tunnel. */
  endTunnel(): void {
    this.#hasClientEnded = true;
    this.#setGapDeadline();
    this.#connection?.end();
  }

  /** The client is gone, or its request turned out malformed: the endpoint need not go on. */
  cancel(): void {
    this.#flow.close();
    this.#choice?.end();
    this.#connection?.close();
    this.#connection = undefined;
  }

  /** All that was sent to the client has left. */
  onClientDrain(): void {
    this.#flow.onClientDrain();
  }

  onTick(): void {
    this.#flow.onTick();
  }

  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  onTurn(): void {
    this.#setGapDeadline();
  }

  onAnswerSent(): void {
    this.#client.onExchangeEnd(this.#status, this.#mayKeepAlive);
  }

  /** The endpoint acknowledges nothing: elsewhere with what can be sent again, and with the rest some patience. */
  onUnacknowledged(timesSentAgain: number): void {
    const connection = this.#connection;
    if (connection === undefined || timesSentAgain < REPLAY_AFTER) return;
    const mayMove = this.#status === 0 && this.#mayRetry("endpoint-silent", connection);
    if (mayMove || timesSentAgain >= GIVE_UP_AFTER) connection.fail("endpoint-silent");
  }

  /** The deadline has passed. True: only the one after which the endpoint is looked for; there is time left until the real one. */
  looksForEndpoint(): boolean {
    const connection = this.#connection;
    if (!this.#mayBeUnheard || connection?.isConnected !== true || this.#context.nowMs >= this.#gapEndsMs) return false;
    this.#mayBeUnheard = false;
    this.#context.silenceWatch.suspect(connection);
    this.#client.setDeadline(this.#gapEndsMs - this.#context.nowMs);
    return true;
  }

  /** The deadline has passed: what the client is to blame for, or undefined where it was the endpoint, which is dealt with. */
  onDeadline(): ResponseReason | undefined {
    const connection = this.#connection;
    if (connection === undefined || (connection.isConnected && this.#isClientsTurn)) {
      return this.#flow.isStalled ? "client-slow" : "request-body-timeout";
    }
    connection.fail(connection.isConnected ? "answer-timeout" : "connect-timeout");
    return undefined;
  }

  /** What is awaited is the client's: to read, or to send more of its body. */
  get #isClientsTurn(): boolean {
    return this.#flow.isStalled || (!this.isRequestComplete && !this.#isEndpointStalled);
  }

  /** Both sides have ended; what each has still to take may be under way. */
  get #isTunnelEnded(): boolean {
    return this.#hasClientEnded && this.#hasEndpointEnded;
  }

  /** Of the response, once its head has come; 0 before. */
  get status(): number {
    return this.#status;
  }

  onEndpointConnect(): void {
    this.#setGapDeadline();
    this.#tellSuccess();
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    if (this.sendBody(held.bytes, held.start, held.end)) return;
    this.#context.buffers.give(held.bytes);
    this.#client.resumeClient();
  }

  onEndpointDrain(): void {
    for (const buffer of this.#kept.splice(0)) this.#context.buffers.give(buffer);
    if (!this.#isEndpointStalled) return;
    this.#isEndpointStalled = false;
    this.#setGapDeadline();
    this.#client.resumeClient();
  }

  onFinalHead(head: ResponseHead, bytes: Buffer): void {
    this.#head.compression?.look(bytes, head, this.#flow);
  }

  onResponseHead(head: ResponseHead, bytes: Buffer, bodyStart: number, bodyEnd: number): boolean {
    if (head.status < 200 && head.status !== 101) {
      this.#hasInterim ||= !this.#head.isHttp10;
      if (!this.#head.isHttp10) this.#sendHead(head, bytes, { connection: "default", bodyStart, bodyEnd });
      return false;
    }
    if (this.#isLeft(head.status)) return false;
    const isTunnel = head.status === 101;
    if (isTunnel && (!this.#wantsUpgrade || head.upgradeLine === -1)) {
      this.#connection?.fail("answer-malformed");
      return false;
    }
    this.#status = head.status;
    this.attempts?.begins(head.status, bodyEnd - bodyStart);
    this.#mayBeUnheard = false;
    this.#choice?.onResponse();
    this.#setGapDeadline();
    this.#tellSuccess();
    if (isTunnel) {
      const isKept = this.#sendHead(head, bytes, { connection: "upgrade", bodyStart, bodyEnd });
      this.#client.onTunnel();
      return isKept;
    }
    if (this.#answerRate !== undefined) this.#flow.keepTo(this.#answerRate);
    this.#mayKeepAlive = this.#decideKeepAlive();
    return this.#sendHead(head, bytes, { connection: this.#head.option(this.#mayKeepAlive), bodyStart, bodyEnd });
  }

  /** Whether another endpoint, or another Service, answers in place of this one. */
  #isLeft(status: number): boolean {
    if (mayAskAfterStatus(this.#patience?.next, status) && this.#hasTries && this.#isRepeatable) {
      const failed = this.#connection!;
      this.attempts?.fails(status, this.#context.clockMs());
      failed.close();
      this.#retry(false, failed);
      return true;
    }
    return this.#isReplacedByPage(status);
  }

  /** Leaves the client to another Service, where the rule says so. An answer that is complete by now leaves a connection to use again. */
  #isReplacedByPage(status: number): boolean {
    const page = this.#errorPage;
    const request = page?.intercepts === true && this.isRequestComplete ? page.ask(status) : undefined;
    if (request === undefined) return false;
    this.#isReplaced = true;
    this.#flow.close();
    this.#choice?.onResponse();
    this.#choice?.end();
    this.#tellSuccess();
    this.#client.onErrorPage(request);
    queueMicrotask(() => this.#connection?.close());
    return true;
  }

  onResponseBody(bytes: Buffer, start: number, end: number): boolean {
    if (this.#isReplaced) return false;
    this.attempts?.addBody(end - start);
    this.#mayBeUnheard = false;
    this.#setGapDeadline();
    return this.#flow.send(bytes, start, end);
  }

  onResponseEnd(): void {
    const connection = this.#connection;
    if (this.#status !== 101) this.#connection = undefined;
    if (this.#isReplaced) return;
    if (this.#status === 101) {
      this.#hasEndpointEnded = true;
      this.#setGapDeadline();
      this.#client.onTunnelEnd();
      return;
    }
    // The client was given up for what was sent just now.
    if (connection === undefined) return;
    this.attempts?.end(this.#context.clockMs());
    this.#choice?.end();
    this.#flow.end();
  }

  onEndpointFailure(failure: EndpointFailure, connection: EndpointConnection): void {
    this.#connection = undefined;
    this.#head.compression?.close();
    if (this.#isReplaced) return;
    if (this.#isTunnelEnded) {
      this.#choice?.end();
      this.#client.onTunnelGone();
      return;
    }
    this.#context.counters.countEndpointFailure(failure);
    this.attempts?.fails(RESPONSE_REASONS[failure].status, this.#context.clockMs());
    const { health } = this.#context.balancer;
    const isSign = isSignOfDeath(failure);
    if (isSign || !connection.isConnected) health.onFailure(this.#tried.at(-1)!, this.#backend.endpoints, isSign);
    if (this.#status !== 0) {
      this.#choice?.end();
      this.#client.abortClient(failure);
    } else if (this.#mayRetry(failure, connection)) {
      this.#retry(isStale(failure, connection), connection);
    } else {
      this.#choice?.onFailure();
      // What is left of its body would be taken for the next request.
      const page = this.#requestBody.isDone ? this.#errorPage?.ask(RESPONSE_REASONS[failure].status) : undefined;
      if (page === undefined) this.#client.onExchangeFailure(failure);
      else this.#client.onErrorPage(page);
    }
  }

  #tellSuccess(): void {
    const { health } = this.#context.balancer;
    if (!health.isClear) health.onSuccess(this.#tried.at(-1)!);
  }

  #connect(endpoint: BackendEndpoint, idle: "any" | "settled" | "none"): EndpointConnection {
    const { endpointPool, limits, balancer } = this.#context;
    const isNew = idle === "none" || (!balancer.health.isClear && balancer.health.isOut(endpoint));
    const connection = isNew
      ? endpointPool.open(endpoint, this.#secure)
      : endpointPool.acquire(endpoint, idle === "settled", this.#secure);
    this.#connection = connection;
    this.#tried.push(endpoint);
    this.attempts?.begin(endpoint, this.#context.clockMs());
    this.#mayBeUnheard = true;
    if (connection.isConnected) this.#setGapDeadline();
    else this.#client.setDeadline(this.#patience?.connectMs ?? limits.connectMs);
    return connection;
  }

  /**
   * Where no connection came about nothing was sent, so any request may go elsewhere. Where one broke, only a request that may
   * be sent twice and still lies in the buffer.
   */
  #mayRetry(failure: EndpointFailure, connection: EndpointConnection): boolean {
    const { isConnected: wasSent, hasReceived } = connection;
    const mayAsk = mayAskAfter({ failure, wasSent, hasReceived }, this.#patience?.next?.after) && this.#hasTries;
    return (mayAsk || isStale(failure, connection)) && (!wasSent || this.#isRepeatable);
  }

  /** Other endpoints may be asked, by number and time. */
  get #hasTries(): boolean {
    const { tries = this.#context.limits.tries, next } = this.#patience ?? {};
    if (this.#tried.length >= Math.min(tries, this.#backend.endpoints.length)) return false;
    return next === undefined || next.withinMs === 0 || this.#context.nowMs - this.#beganMs < next.withinMs;
  }

  /** The request, which an endpoint has seen, can be sent again, and its client has nothing of an answer. */
  get #isRepeatable(): boolean {
    return this.#mayRepeat && this.#isReplayable && !this.#hasInterim;
  }

  /** An old connection that the endpoint had closed is not a failure of the endpoint: a new one to it, once. */
  #retry(isOld: boolean, failed: EndpointConnection): void {
    this.#context.counters.retries += 1;
    // What waited for the failed connection is in its head buffer, too.
    this.#kept.length = 0;
    if (this.#isEndpointStalled) {
      this.#isEndpointStalled = false;
      this.#client.resumeClient();
    }
    if (!isOld) this.#choice?.onFailure();
    const endpoint = isOld ? this.#tried.pop()! : this.#context.balancer.next(this.#backend, this.#tried, this.#choice);
    const connection = this.#connect(endpoint, "none");
    connection.head = failed.head;
    connection.headLength = failed.headLength;
    connection.begin(this, this.#isHead, this.#patience?.headBytes);
  }

  /** How long the endpoint may take nothing of the request, or else send nothing. */
  get #endpointGapMs(): number {
    const said = this.#isEndpointStalled ? this.#patience?.sendMs : this.#patience?.readMs;
    return said ?? this.#context.limits.endpointGapMs;
  }

  #setGapDeadline(): void {
    const { clientGapMs, tunnelIdleMs } = this.#context.limits;
    if (this.#connection?.isConnected === false) return;
    let gapMs = this.#isClientsTurn ? clientGapMs : this.#endpointGapMs;
    if (this.#status === 101 && !this.#isTunnelEnded) gapMs = Math.max(tunnelIdleMs, this.#patience?.readMs ?? 0);
    this.#gapEndsMs = this.#context.nowMs + gapMs;
    this.#client.setDeadline(this.#mayBeUnheard ? Math.min(gapMs, SUSPECT_AFTER_MS) : gapMs);
  }

  /** The client's connection lives on if both sides want it, and the end of the response can be seen without closing. */
  #decideKeepAlive(): boolean {
    const { isUntilClose, isChunked } = this.#connection!.body;
    const isEndTold = !isUntilClose && !(isChunked && this.#head.isHttp10);
    return this.#wantsKeepAlive && isEndTold && this.isRequestComplete && !this.#context.isDraining;
  }

  /** Sends the head and, where it fits, the part of the body that came with it, in one write. */
  #sendHead(
    head: ResponseHead,
    bytes: Buffer,
    how: { readonly connection: ForwardedResponse["connection"]; readonly bodyStart: number; readonly bodyEnd: number },
  ): boolean {
    const { connection, bodyStart, bodyEnd } = how;
    const isFinal = this.#status !== 0;
    const setCookie = isFinal ? this.#choice?.setCookie : undefined;
    const headBytes = this.#head.write(this.#context, { bytes, head, connection, setCookie, isFinal });
    const { writer, scratch } = this.#context;
    const fits = this.#head.compression?.body === undefined && bodyEnd - bodyStart <= scratch.length - writer.at;
    if (fits) writer.copy(bytes, bodyStart, bodyEnd);
    this.#flow.sendScratch(headBytes, writer.at - headBytes);
    return !fits && bodyEnd > bodyStart && this.#flow.send(bytes, bodyStart, bodyEnd);
  }
}

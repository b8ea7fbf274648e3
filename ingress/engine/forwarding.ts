import type { BackendEndpoint } from "#src/routing/route-table.ts";
import { grantedLines } from "./access-grant.ts";
import { AnswerFlow, type AnswerSource } from "./answer-flow.ts";
import type { AnswerHead } from "./client-stream.ts";
import type { EngineContext } from "./context.ts";
import type { EndpointFailure } from "./counters.ts";
import type { EndpointStream, ExpectedResponse, ResponseReceiver } from "./endpoint-stream.ts";
import type { Attempts } from "./endpoints/attempt.ts";
import { isSafe, isStale, mayAskAfter, mayAskAfterStatus, mayRepeat } from "./endpoints/may-ask-after.ts";
import { hearing, QUESTION_AFTER_MS } from "./endpoints/hearing.ts";
import { SUSPECT_AFTER_MS } from "./endpoints/silence-watch.ts";
import { Tries } from "./endpoints/tries.ts";
import type { ForwardingStart, ForwardingTerms } from "./forwarding-start.ts";
import type { ForwardingClient } from "./forwarding-client.ts";
import type { Replay } from "./replay.ts";
import { methodIs } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";
import { RESPONSE_REASONS, type ResponseReason } from "./response-reason.ts";

/** A body of up to this size that comes with its head is sent with it, in one write. */
const SMALL_BODY_BYTES = 16_384;

/** Times that the kernel sends a request again before it goes elsewhere, if it may: about 1.5 s, by doubling from 200 ms. */
const REPLAY_AFTER = 3;
/** Times before a request is given up that may not be sent twice: about 13 s. A short cut in the network heals before. */
const GIVE_UP_AFTER = 6;

/** One request on its way to an endpoint and its response on the way back, and what can be sent again. Knows no framing. */
export class Forwarding implements ResponseReceiver, AnswerSource {
  readonly #context: EngineContext;
  readonly #client: ForwardingClient;
  readonly #terms: ForwardingTerms;
  readonly #isToHead: boolean;
  readonly #mayRepeat: boolean;
  /** The endpoint may have begun with it, and it changes nothing there. */
  readonly #isSafe: boolean;
  readonly #tries: Tries;
  readonly #flow: AnswerFlow;
  /** Another request answers the client in place of this one: what comes of this answer is dropped. */
  #isReplaced = false;
  #stream: EndpointStream | undefined;
  #replay: Replay | undefined;
  /** All that was sent of the request lies in the replay. */
  #isReplayable = true;
  /** Body that waits for the connection. */
  #held: { readonly bytes: Buffer; readonly start: number; readonly end: number } | undefined;
  /** Buffers in use by the stream until it drains; undefined: none. */
  #kept: Buffer[] | undefined;
  #isEndpointStalled = false;
  #status = 0;
  /** An interim answer has gone to the client. */
  #hasInterim = false;
  /** Something was sent, and nothing has come since that shows that the endpoint is there. */
  #mayBeUnheard = false;
  /** Whether it was heard has been asked. */
  #isQuestioned = false;
  /** When the silence of the client or of the endpoint has lasted too long. */
  #gapEndsMs = 0;
  /** When a connection was asked for, where none was there. */
  #askedMs = 0;
  /** When the kernel's table is looked at. */
  #suspectMs = 0;
  /** When the time is over that the client gives the request. */
  readonly #endsMs: number;
  /** Of a tunnel: which sides have ended. */
  #hasClientEnded = false;
  #hasEndpointEnded = false;

  constructor(context: EngineContext, client: ForwardingClient, { request, terms }: ForwardingStart) {
    const { head, bytes } = request;
    this.#context = context;
    this.#client = client;
    this.#terms = terms;
    this.#flow = new AnswerFlow(context, { client, source: this }, terms.compression);
    this.#isToHead = methodIs(bytes, head, "HEAD");
    this.#mayRepeat = mayRepeat(bytes, head, terms.patience?.next);
    this.#isSafe = isSafe(bytes, head);
    this.#tries = new Tries(context, terms);
    this.#endsMs = terms.timeoutMs === undefined ? Number.POSITIVE_INFINITY : context.nowMs + terms.timeoutMs;
  }

  /** The endpoints that were asked, where the access log needs them. */
  get attempts(): Attempts | undefined {
    return this.#tries.attempts;
  }

  /** `address:port` of the endpoint that was asked last. */
  get endpoint(): string {
    const endpoint = this.#tries.last;
    return endpoint === undefined ? "" : `${endpoint.address}:${endpoint.port}`;
  }

  get wantsPlainBody(): boolean {
    return this.#client.wantsPlainBody || this.#terms.compression?.body !== undefined;
  }

  get isRequestComplete(): boolean {
    return this.#terms.body.isDone && this.#held === undefined;
  }

  /** Sends the head and the part of the body that came with it; true: the buffer is kept. */
  start({ request, isFirst }: ForwardingStart, bodyStart: number, bodyEnd: number): boolean {
    const stream = this.#open(this.#tries.next(), isFirst ? "settled" : "any");
    const isSmall = bodyEnd - bodyStart <= SMALL_BODY_BYTES;
    const replay = (this.#replay = this.#context.replays.take());
    stream.write(replay, request, bodyStart, isSmall ? bodyEnd : bodyStart);
    stream.begin(this, replay, this.#expected);
    return !isSmall && this.sendBody(request.bytes, bodyStart, bodyEnd);
  }

  get #expected(): ExpectedResponse {
    return { isToHead: this.#isToHead, headBytes: this.#terms.patience?.headBytes ?? 0 };
  }

  /** Sends more of the request's body, or of what goes through a tunnel; true: the buffer is kept. */
  sendBody(bytes: Buffer, start: number, end: number): boolean {
    const stream = this.#stream;
    // The answer has come whole, and is still on its way: the rest of the request is of no use.
    if (stream === undefined) return false;
    this.#mayBeUnheard = true;
    this.#setGapDeadline();
    if (!stream.isConnected) {
      this.#held = { bytes, start, end };
      this.#client.pauseClient();
      return true;
    }
    const mayRepeat = this.#mayRepeat || stream.mayRefuse;
    this.#isReplayable &&= mayRepeat && this.#status === 0 && this.#replay?.add(bytes, start, end) === true;
    if (stream.send(bytes, start, end)) return false;
    (this.#kept ??= []).push(bytes);
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
    this.#stream?.end();
  }

  /** The client is gone, or its request turned out malformed: the endpoint need not go on. */
  cancel(): void {
    this.#flow.close();
    this.#terms.choice?.end();
    this.#stream?.close();
    this.#stream = undefined;
  }

  /** All that was sent to the client has left. */
  onClientDrain(): void {
    this.#flow.onClientDrain();
  }

  onTick(): void {
    this.#flow.onTick();
    const stream = this.#stream;
    if (!this.#isSafe || stream?.isConnected !== true || !this.#context.balancer.health.isDead(stream.endpoint)) return;
    if (this.#tries.hasRetry) this.#leave(stream);
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  onTurn(): void {
    this.#setGapDeadline();
  }

  onAnswerSent(): void {
    this.#client.onForwarded(this.#status);
  }

  /** The endpoint acknowledges nothing: elsewhere with what can be sent again, and with the rest some patience. */
  onUnacknowledged(timesSentAgain: number): void {
    const stream = this.#stream;
    if (stream === undefined || timesSentAgain < REPLAY_AFTER) return;
    const mayMove = this.#status === 0 && this.#mayRetry("endpoint-silent", stream) && this.#tries.hasRetry;
    if (mayMove || timesSentAgain >= GIVE_UP_AFTER) stream.fail("endpoint-silent");
  }

  /** The deadline has passed. True: only the one after which the endpoint is looked for; there is time left until the real one. */
  looksForEndpoint(): boolean {
    const stream = this.#stream;
    if (!this.#mayBeUnheard || stream === undefined) return false;
    if (this.#context.nowMs >= Math.min(this.#gapEndsMs, this.#endsMs)) return false;
    if (!this.#isQuestioned) return this.#question(stream);
    if (!stream.isConnected) return false;
    this.#mayBeUnheard = false;
    this.#context.silenceWatch.suspect(stream);
    this.#setDeadline(this.#gapEndsMs - this.#context.nowMs);
    return true;
  }

  /** Asks our kernel whether that of the endpoint has heard of what was sent; where not, the request goes elsewhere, if it may. */
  #question(stream: EndpointStream): true {
    const waitedMs = this.#context.clockMs() - this.#askedMs;
    const heard = hearing(stream.acknowledgement(), { isConnected: stream.isConnected, waitedMs });
    this.#isQuestioned = heard !== "early" || this.#context.nowMs >= this.#suspectMs;
    if (!this.#isQuestioned) {
      this.#setDeadline(0);
      return true;
    }
    if (heard === "heard") this.#mayBeUnheard = false;
    if (heard === "unheard") {
      this.#tries.tellSilence(stream.isConnected);
      if (this.#leave(stream)) return true;
    }
    const isAskedAgain = this.#mayBeUnheard && stream.isConnected;
    this.#setDeadline(Math.min(this.#gapEndsMs, isAskedAgain ? this.#suspectMs : Infinity) - this.#context.nowMs);
    return true;
  }

  /** Sends the request elsewhere, because nothing is heard of its endpoint. False: it may not be sent again. */
  #leave(stream: EndpointStream): boolean {
    const failure = stream.isConnected ? "endpoint-silent" : "connect-timeout";
    if (this.#status !== 0 || !this.#mayRetry(failure, stream) || !this.#tries.takeRetry(false)) return false;
    this.#context.counters.countEndpointFailure(failure);
    this.attempts?.fails(RESPONSE_REASONS[failure].status, this.#context.clockMs());
    stream.close();
    this.#retry(false);
    return true;
  }

  /** The deadline has passed: what the client is to blame for, or undefined where it was the endpoint, which is dealt with. */
  onDeadline(): ResponseReason | undefined {
    const stream = this.#stream;
    if (this.#context.nowMs >= this.#endsMs) return "deadline-exceeded";
    if (stream === undefined || (stream.isConnected && this.#isClientsTurn)) {
      return this.#flow.isStalled ? "client-slow" : "request-body-timeout";
    }
    stream.fail(stream.isConnected ? "answer-timeout" : "connect-timeout");
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
    this.#tries.tellSuccess();
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    if (this.sendBody(held.bytes, held.start, held.end)) return;
    this.#context.buffers.give(held.bytes);
    this.#client.resumeClient();
  }

  onEndpointDrain(): void {
    for (const buffer of this.#kept?.splice(0) ?? []) this.#context.buffers.give(buffer);
    if (!this.#isEndpointStalled) return;
    this.#isEndpointStalled = false;
    this.#setGapDeadline();
    this.#client.resumeClient();
  }

  onFinalHead(head: ResponseHead, bytes: Buffer): void {
    this.#terms.compression?.look(bytes, head, this.#flow);
  }

  onResponseHead(head: ResponseHead, bytes: Buffer, bodyStart: number, bodyEnd: number): boolean {
    if (head.status < 200 && head.status !== 101) {
      if (!this.#client.takesInterim) return false;
      this.#hasInterim = true;
      this.#sendHead({ head, bytes, kind: "interim" }, bodyStart, bodyEnd);
      return false;
    }
    if (this.#isLeft(head.status)) return false;
    const isTunnel = head.status === 101;
    if (isTunnel && (!this.#terms.wantsUpgrade || head.upgradeLine === -1)) {
      this.#stream?.fail("answer-malformed");
      return false;
    }
    this.#status = head.status;
    this.attempts?.begins(head.status, bodyEnd - bodyStart);
    this.#mayBeUnheard = false;
    this.#terms.choice?.onResponse();
    this.#setGapDeadline();
    this.#tries.tellSuccess();
    if (isTunnel) {
      const isKept = this.#sendHead({ head, bytes, kind: "tunnel" }, bodyStart, bodyEnd);
      this.#client.onTunnel();
      return isKept;
    }
    if (this.#terms.answerRate !== undefined) this.#flow.keepTo(this.#terms.answerRate);
    return this.#sendHead({ head, bytes, kind: "final" }, bodyStart, bodyEnd);
  }

  /** Whether another endpoint, or another Service, answers in place of this one. */
  #isLeft(status: number): boolean {
    const mayMove = mayAskAfterStatus(this.#terms.patience?.next, status) && this.#tries.hasMore && this.#isRepeatable;
    if (mayMove && this.#tries.takeRetry(false)) {
      const failed = this.#stream!;
      this.attempts?.fails(status, this.#context.clockMs());
      failed.close();
      this.#retry(false);
      return true;
    }
    return this.#isReplacedByPage(status);
  }

  /** Leaves the client to another Service, where the rule says so. An answer that is complete by now leaves a connection to use again. */
  #isReplacedByPage(status: number): boolean {
    const page = this.#terms.errorPage;
    const request = page?.intercepts === true && this.isRequestComplete ? page.ask(status) : undefined;
    if (request === undefined) return false;
    this.#isReplaced = true;
    this.#flow.close();
    this.#terms.choice?.onResponse();
    this.#terms.choice?.end();
    this.#tries.tellSuccess();
    this.#client.onErrorPage(request);
    queueMicrotask(() => this.#stream?.close());
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
    const stream = this.#stream;
    if (this.#status !== 101) this.#stream = undefined;
    if (this.#isReplaced) return;
    if (this.#status === 101) {
      this.#hasEndpointEnded = true;
      this.#setGapDeadline();
      this.#client.onTunnelEnd();
      return;
    }
    // The client was given up for what was sent just now.
    if (stream === undefined) return;
    this.#giveBack(stream);
    this.attempts?.end(this.#context.clockMs());
    this.#terms.choice?.end();
    this.#flow.end();
  }

  onEndpointFailure(failure: EndpointFailure, stream: EndpointStream): void {
    this.#stream = undefined;
    this.#terms.compression?.close();
    if (this.#isReplaced) return;
    if (this.#isTunnelEnded) {
      this.#terms.choice?.end();
      this.#client.onTunnelGone();
      return;
    }
    this.#context.counters.countEndpointFailure(failure);
    this.attempts?.fails(RESPONSE_REASONS[failure].status, this.#context.clockMs());
    this.#tries.tellFailure(failure, stream.isConnected);
    if (this.#status !== 0) {
      this.#terms.choice?.end();
      this.#client.abortClient(failure);
    } else if (this.#mayRetry(failure, stream) && this.#tries.takeRetry(isStale(failure, stream))) {
      this.#retry(isStale(failure, stream));
    } else {
      this.#terms.choice?.onFailure();
      // What is left of its body would be taken for the next request.
      const page = this.#terms.body.isDone ? this.#terms.errorPage?.ask(RESPONSE_REASONS[failure].status) : undefined;
      if (page === undefined) this.#client.onForwardingFailure(failure);
      else this.#client.onErrorPage(page);
    }
  }

  /** Nothing is sent again once the answer is whole. */
  #giveBack(stream: EndpointStream): void {
    if (this.#replay !== undefined && stream.isFlushed) this.#context.replays.give(this.#replay);
    this.#replay = undefined;
  }

  /** Takes a stream to an endpoint: one that is idle, for a client's first request only after some moments, or a new one. */
  #open(endpoint: BackendEndpoint, idle: "any" | "settled" | "none"): EndpointStream {
    const { endpointPool, limits, balancer } = this.#context;
    const { isHttp2, patience } = this.#terms;
    const isNew = idle === "none" || (!balancer.health.isClear && balancer.health.isOut(endpoint));
    const stream = isHttp2
      ? endpointPool.http2.open(endpoint, isNew, this.#terms)
      : isNew
        ? endpointPool.open(endpoint, this.#terms)
        : endpointPool.acquire(endpoint, idle === "settled", this.#terms);
    this.#stream = stream;
    this.#tries.begin(endpoint);
    this.#mayBeUnheard = true;
    if (stream.isConnected) this.#setGapDeadline();
    else {
      this.#askedMs = this.#context.clockMs();
      this.#await(patience?.connectMs ?? limits.connectMs);
    }
    return stream;
  }

  /**
   * Where no connection came about nothing was sent, so any request may go elsewhere. Where one broke, only a request that may
   * be sent twice and still lies in the buffer.
   */
  #mayRetry(failure: EndpointFailure, stream: EndpointStream): boolean {
    const { isConnected: wasSent, hasReceived } = stream;
    const mayAsk =
      mayAskAfter({ failure, wasSent, hasReceived }, this.#terms.patience?.next?.after) && this.#tries.hasMore;
    const isUnseen = !wasSent || (failure === "stream-refused" && this.#isReplayable && !this.#hasInterim);
    return (mayAsk || isStale(failure, stream)) && (isUnseen || this.#isRepeatable);
  }

  /** The request, which an endpoint has seen, can be sent again, and its client has nothing of an answer. */
  get #isRepeatable(): boolean {
    return this.#mayRepeat && this.#isReplayable && !this.#hasInterim;
  }

  /** An old connection that the endpoint had closed is not a failure of the endpoint: a new one to it, once. */
  #retry(isOld: boolean): void {
    this.#context.counters.retries += 1;
    // What waited for the failed connection is in the replay, too.
    this.#kept = undefined;
    if (this.#isEndpointStalled) {
      this.#isEndpointStalled = false;
      this.#client.resumeClient();
    }
    if (!isOld) this.#terms.choice?.onFailure();
    // A connection of HTTP/2 that others use is not an old one.
    const idle = isOld || !this.#terms.isHttp2 ? "none" : "any";
    const stream = this.#open(isOld ? this.#tries.takeBack() : this.#tries.next(), idle);
    stream.begin(this, this.#replay!, this.#expected);
  }

  /** How long the endpoint may take nothing of the request, or else send nothing. */
  get #endpointGapMs(): number {
    const said = this.#isEndpointStalled ? this.#terms.patience?.sendMs : this.#terms.patience?.readMs;
    return said ?? this.#context.limits.endpointGapMs;
  }

  /** The next moment at which something has to have come, but no later than the client's own. */
  #setDeadline(afterMs: number): void {
    this.#client.setDeadline(Math.min(afterMs, this.#endsMs - this.#context.nowMs));
  }

  #setGapDeadline(): void {
    const { clientGapMs, bodyGapMs = clientGapMs, tunnelIdleMs } = this.#context.limits;
    if (this.#stream?.isConnected === false) return;
    let gapMs = !this.#isClientsTurn ? this.#endpointGapMs : this.#flow.isStalled ? clientGapMs : bodyGapMs;
    if (this.#status === 101 && !this.#isTunnelEnded) gapMs = Math.max(tunnelIdleMs, this.#terms.patience?.readMs ?? 0);
    this.#await(gapMs);
  }

  /** The endpoint, or the client whose turn it is, has so long; but whether the endpoint has heard is asked before. */
  #await(gapMs: number): void {
    this.#gapEndsMs = this.#context.nowMs + gapMs;
    this.#suspectMs = this.#context.nowMs + SUSPECT_AFTER_MS;
    this.#isQuestioned = false;
    this.#setDeadline(this.#mayBeUnheard ? Math.min(gapMs, QUESTION_AFTER_MS) : gapMs);
  }

  /** Sends the head and, where it fits, the part of the body that came with it, in one write. */
  #sendHead(of: Pick<AnswerHead, "head" | "bytes" | "kind">, bodyStart: number, bodyEnd: number): boolean {
    const { head, bytes, kind } = of;
    const { compression, choice, grant, edit } = this.#terms;
    const isFinal = kind === "final";
    const isCompressed = isFinal && compression?.body !== undefined;
    const endOfFirst = isCompressed ? bodyStart : bodyEnd;
    const sentTo = this.#flow.sendHead({
      head,
      bytes,
      kind,
      body: this.#stream!.body,
      isCompressed,
      isRequestComplete: this.isRequestComplete,
      setCookie: kind === "interim" ? undefined : choice?.setCookie,
      added: grantedLines(grant, head.status),
      edit: kind === "interim" ? undefined : isFinal ? (compression?.edit(edit, bytes, head) ?? edit) : edit,
      bodyStart,
      bodyEnd: endOfFirst,
    });
    return sentTo < bodyEnd && this.#flow.send(bytes, sentTo, bodyEnd);
  }
}

import type { Acknowledgement } from "#src/linux/acknowledgement.ts";
import { unacknowledgedKey } from "#src/linux/unacknowledged.ts";
import type { BackendEndpoint } from "#src/routing/route-table.ts";
import type { Connection, OutgoingEvents } from "#ingress/io/connection.ts";
import { type SecureTarget, UNTRUSTED } from "#ingress/io/secure-target.ts";
import { faultOf, isUnreachable } from "#ingress/engine/endpoint-fault.ts";
import { BodyReader } from "./body-reader.ts";
import type { ClientTie } from "#ingress/engine/client-tie.ts";
import type { EndpointLink } from "#ingress/engine/endpoint-link.ts";
import { type EndpointFailure, isSignOfDeath } from "#ingress/engine/counters.ts";
import { type ForwardedRequest, mostBytes, writeForwardedRequest } from "./forwarded-request.ts";
import { HeadStash } from "./head-stash.ts";
import { INCOMPLETE } from "./read-field-lines.ts";
import { MAX_INTERIM_ANSWERS } from "#ingress/engine/limits.ts";
import type { EndpointStream, ExpectedResponse, ResponseReceiver } from "#ingress/engine/endpoint-stream.ts";
import type { HeadWriter } from "#ingress/engine/head-writer.ts";
import type { Replay } from "#ingress/engine/replay.ts";
import type { ResponseHead } from "#ingress/engine/response-head.ts";
import { answerFault, readResponseHead } from "./read-response-head.ts";

/** What Node says of a handshake that failed. */
const TLS_ERROR = /^(?:ERR_SSL|ERR_TLS|EPROTO)/;

/** Where a connection goes when it is free again, or gone. */
export interface EndpointConnectionOwner {
  /** Of the head of an answer, where its request does not say more. */
  readonly headBytes: number;
  /** One for all: a head is written within one call. */
  readonly writer: HeadWriter;
  release(connection: EndpointConnection): void;
  forget(connection: EndpointConnection): void;
  /** The endpoint is dead, by this sign: its other connections lead nowhere. */
  onSignOfDeath(endpoint: BackendEndpoint, wasIdle: boolean): void;
}

/**
 * One connection to an endpoint by HTTP/1.1: a stream at a time. Reads responses and gives each to its receiver. A stream of HTTP/2 is
 * such a connection, too, for one request.
 */
export class EndpointConnection implements EndpointStream, EndpointLink, OutgoingEvents {
  /** When it became idle; for the pool. */
  idleSinceMs = 0;
  /** When it was opened; for the pool. */
  openedMs = 0;
  requestCount = 0;
  isConnected = false;
  isReused = false;
  mayRefuse = false;
  hasReceived = false;
  isFlushed = true;
  readonly endpoint: BackendEndpoint;
  readonly secure: SecureTarget | undefined;
  readonly tie: ClientTie | undefined;
  readonly body = new BodyReader({ isLenient: true });
  readonly #owner: EndpointConnectionOwner;
  readonly #responseHead: ResponseHead;
  readonly #stash: HeadStash;
  #connection!: Connection;
  #receiver: ResponseReceiver | undefined;
  #phase: "idle" | "head" | "body" | "tunnel" | "closed" = "idle";
  /** Of a usual head of an answer, and of the present one. */
  readonly #usualHeadBytes: number;
  #maxHeadBytes: number;
  #isHeadRequest = false;
  #isReusable = false;
  #isPaused = false;
  /** The endpoint reads nothing more of the request. Its answer may still come, and no other one after it. */
  #isSendBroken = false;
  #interimAnswers = 0;

  constructor(
    endpoint: BackendEndpoint,
    owner: EndpointConnectionOwner,
    responseHead: ResponseHead,
    link: EndpointLink,
  ) {
    this.endpoint = endpoint;
    this.secure = link.secure;
    this.tie = link.tie;
    this.#owner = owner;
    this.#responseHead = responseHead;
    this.#usualHeadBytes = this.#maxHeadBytes = owner.headBytes;
    this.#stash = new HeadStash(owner.headBytes);
  }

  get isWaiting(): boolean {
    return this.#receiver !== undefined && this.#phase !== "closed";
  }

  get unacknowledgedKey(): string {
    return unacknowledgedKey(this.#connection.localPort, this.endpoint);
  }

  acknowledgement(): Acknowledgement | undefined {
    return this.#connection.acknowledgement?.();
  }

  /** Gives it the connection whose events come here. */
  attach(connection: Connection): void {
    this.#connection = connection;
  }

  write(replay: Replay, request: ForwardedRequest, bodyStart: number, bodyEnd: number): void {
    const { writer } = this.#owner;
    replay.reserve(mostBytes(request) + bodyEnd - bodyStart);
    writer.begin(replay.bytes);
    writeForwardedRequest(writer, request);
    writer.copy(request.bytes, bodyStart, bodyEnd);
    // A head that did not fit would be cut off, and the rest taken for another request.
    if (writer.at > replay.bytes.length) throw new RangeError("bug: the request head outgrew its buffer");
    replay.length = writer.at;
  }

  begin(receiver: ResponseReceiver, replay: Replay, { isToHead, headBytes }: ExpectedResponse): void {
    this.#maxHeadBytes = Math.max(this.#usualHeadBytes, headBytes);
    this.#receiver = receiver;
    this.requestCount += 1;
    this.#isHeadRequest = isToHead;
    this.#phase = "head";
    this.hasReceived = false;
    this.#interimAnswers = 0;
    this.send(replay.bytes, 0, replay.length);
  }

  send(bytes: Buffer, start: number, end: number): boolean {
    const isFree = this.#connection.send(bytes, start, end);
    if (!isFree) this.isFlushed = false;
    return isFree;
  }

  pause(): void {
    this.#isPaused = true;
    this.#connection.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#connection.resume();
  }

  end(): void {
    this.#connection.end();
  }

  close(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#receiver = undefined;
    this.#owner.forget(this);
    this.#connection.close();
  }

  /** No further request comes. What is under way is ended by its client, and the connection with it. */
  retire(): void {
    if (this.#phase === "idle") this.close();
  }

  fail(failure: EndpointFailure): void {
    if (this.#phase === "closed") return;
    const receiver = this.#receiver;
    this.close();
    if (isSignOfDeath(failure)) this.#owner.onSignOfDeath(this.endpoint, receiver === undefined);
    receiver?.onEndpointFailure(failure, this);
  }

  onConnect(): void {
    this.isConnected = true;
    this.#receiver?.onEndpointConnect();
  }

  onData(bytes: Buffer, start: number, end: number): boolean {
    switch (this.#phase) {
      case "head":
        this.hasReceived = true;
        return this.#onHeadBytes(bytes, start, end);
      case "body":
        return this.#onBodyBytes(bytes, start, end);
      case "tunnel":
        return this.#receiver!.onResponseBody(bytes, start, end);
      default:
        // Bytes without a request: the next response must not begin with them.
        this.close();
        return false;
    }
  }

  onEnd(): void {
    if (this.#phase === "tunnel") this.#receiver?.onResponseEnd();
    else if (this.#phase === "body" && this.body.isUntilClose) this.#finish(false);
    else this.fail("endpoint-closed");
  }

  onSendFailure(): void {
    this.#isSendBroken = true;
  }

  onDrain(): void {
    this.isFlushed = true;
    this.#receiver?.onEndpointDrain();
  }

  onUnacknowledged(timesSentAgain: number): void {
    this.#receiver?.onUnacknowledged(timesSentAgain);
  }

  onClose(error: NodeJS.ErrnoException | undefined): void {
    const code = error?.code ?? "";
    const fault = faultOf(error);
    // What ends one stream of a connection says nothing of how old that is.
    if (fault?.isOfStream === true) this.isReused = false;
    if (fault !== undefined) this.fail(fault.failure);
    else if (isUnreachable(code)) this.fail("unreachable");
    else if (code === UNTRUSTED) this.fail("endpoint-untrusted");
    else if (TLS_ERROR.test(code)) this.fail("endpoint-tls-failed");
    else this.fail(this.isConnected ? "endpoint-closed" : "connect-failed");
  }

  #onHeadBytes(bytes: Buffer, start: number, end: number): boolean {
    if (this.#stash.length === 0) return this.#readHead(bytes, start, end);
    if (!this.#stash.add(bytes, start, end)) return false;
    const all = this.#stash.peek();
    this.#stash.clear();
    this.#readHead(all, 0, all.length);
    return false;
  }

  #readHead(bytes: Buffer, start: number, end: number): boolean {
    const head = this.#responseHead;
    head.maxBytes = this.#maxHeadBytes;
    let at = start;
    for (;;) {
      const headStart = at;
      const result = readResponseHead(bytes, at, end, head);
      if (result === INCOMPLETE) {
        this.#stash.add(bytes, at, end);
        return false;
      }
      if (result < 0) return this.#refuse(answerFault(result));
      at = result;
      if (head.status >= 200 || head.status === 101) return this.#onFinalHead(bytes, { headStart, start: at, end });
      this.#interimAnswers += 1;
      if (this.#interimAnswers > MAX_INTERIM_ANSWERS) return this.#refuse("answer-malformed");
      this.#receiver!.onResponseHead(head, bytes, at, at);
      if (at === end || this.#phase !== "head") return false;
    }
  }

  #onFinalHead(bytes: Buffer, { headStart, start, end }: { headStart: number; start: number; end: number }): boolean {
    const head = this.#responseHead;
    const receiver = this.#receiver!;
    if (head.status === 101) {
      this.#phase = "tunnel";
      receiver.onFinalHead(head, bytes);
      return receiver.onResponseHead(head, bytes, start, end);
    }
    this.#phase = "body";
    this.#startBody(head);
    receiver.onFinalHead(head, bytes);
    const { close, keepAlive } = head.connection;
    this.#isReusable = !close && (head.minorVersion === 1 || keepAlive) && !this.body.isUntilClose;
    if (this.body.isChunked && receiver.wantsPlainBody) {
      const { plain, bodyEnd } = this.#decode(bytes, start, end);
      if (bodyEnd === -1) return this.#refuse("answer-body-malformed");
      if (this.body.isUnproven) {
        // Only the end of the connection could tell this client that the body is broken: better before the head is sent.
        this.#phase = "head";
        this.#stash.add(bytes, headStart, end);
        return false;
      }
      receiver.onResponseHead(head, bytes, start, start);
      this.#sendRewritten(plain);
      if (this.body.isDone && this.#phase === "body") this.#finish(this.#isReusable && bodyEnd === end);
      return false;
    }
    const bodyEnd = this.body.advance(bytes, start, end);
    if (bodyEnd === -1) return this.#refuse("answer-body-malformed");
    const reframed = this.body.reframed(bytes, start, bodyEnd);
    let isKept = false;
    if (reframed === undefined) isKept = receiver.onResponseHead(head, bytes, start, bodyEnd);
    else {
      receiver.onResponseHead(head, bytes, start, start);
      this.#sendRewritten(reframed);
    }
    if (this.body.isDone) this.#finish(this.#isReusable && bodyEnd === end);
    return isKept;
  }

  /** RFC 9112 section 6.3. */
  #startBody(head: ResponseHead): void {
    if (this.#isHeadRequest || head.status === 204 || head.status === 304) this.body.startEmpty();
    else if (head.isChunked) this.body.startChunked();
    else if (head.contentLength !== -1) this.body.startLength(head.contentLength);
    else this.body.startUntilClose();
  }

  /** The data of a chunked body without its framing. */
  #decode(bytes: Buffer, start: number, end: number): { readonly plain: Buffer; readonly bodyEnd: number } {
    const plain = Buffer.allocUnsafeSlow(end - start);
    let length = 0;
    const bodyEnd = this.body.eachData(bytes, start, end, (from, to) => {
      length += bytes.copy(plain, length, from, to);
    });
    return { plain: plain.subarray(0, length), bodyEnd };
  }

  #onBodyBytes(bytes: Buffer, start: number, end: number): boolean {
    const receiver = this.#receiver!;
    let isKept = false;
    let bodyEnd: number;
    if (this.body.isChunked && receiver.wantsPlainBody) {
      const decoded = this.#decode(bytes, start, end);
      ({ bodyEnd } = decoded);
      this.#sendRewritten(decoded.plain);
    } else {
      bodyEnd = this.body.advance(bytes, start, end);
      const reframed = bodyEnd > start ? this.body.reframed(bytes, start, bodyEnd) : undefined;
      if (reframed !== undefined) this.#sendRewritten(reframed);
      else if (bodyEnd > start) isKept = receiver.onResponseBody(bytes, start, bodyEnd);
    }
    if (bodyEnd === -1) return this.#refuse("answer-body-malformed");
    if (this.body.isDone && this.#phase === "body") this.#finish(this.#isReusable && bodyEnd === end);
    return isKept;
  }

  /** Nothing may be left to send: then all of these bytes were dropped. */
  #sendRewritten(bytes: Buffer): void {
    if (bytes.length > 0 && this.#phase === "body") this.#receiver?.onResponseBody(bytes, 0, bytes.length);
  }

  #refuse(fault: EndpointFailure): false {
    this.fail(fault);
    return false;
  }

  #finish(isReusable: boolean): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.isReused = true;
    if (isReusable && this.isFlushed && !this.#isSendBroken && receiver?.isRequestComplete === true) {
      this.#phase = "idle";
      // The last bytes may have met a slow client; the next response is for another.
      this.resume();
      this.#owner.release(this);
    } else {
      this.close();
    }
    receiver?.onResponseEnd();
  }
}

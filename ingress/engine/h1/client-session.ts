import type { ResponseEdit } from "#src/filters/response-edit.ts";
import type { AnswerHead, ClientStream } from "#ingress/engine/client-stream.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import type { AnswerCause } from "#ingress/engine/decide-request.ts";
import { Exchange } from "#ingress/engine/exchange.ts";
import { isLastRequest } from "#ingress/engine/is-spent.ts";
import { requestFault } from "#ingress/engine/request-fault.ts";
import type { RequestHead } from "#ingress/engine/request-head.ts";
import { LAST_REQUEST_MS } from "#ingress/engine/limits.ts";
import type { ResponseReason } from "#ingress/engine/response-reason.ts";
import type { ConnectionSession } from "#ingress/engine/connection-session.ts";
import type { Connection } from "#ingress/io/connection.ts";
import { type AnswerStatus, headLength } from "./answer.ts";
import { BodyReader } from "./body-reader.ts";
import { ClientOutput } from "./client-output.ts";
import { ClientWish } from "./client-wish.ts";
import { CONTINUE_ANSWER } from "./expectation-of.ts";
import { HeadStash } from "./head-stash.ts";
import { InputGate } from "./input-gate.ts";
import { INCOMPLETE } from "./read-field-lines.ts";
import { headReason, readRequestHead } from "./read-request-head.ts";
import { writeAnswerHead } from "./write-answer-head.ts";

/** Requests of one client that are answered before other clients have their turn. */
const REQUESTS_PER_TURN = 8;

/** One client connection of HTTP/1.1: reads requests one after the other, has each answered, and keeps the order. */
export class ClientSession implements ConnectionSession, ClientStream {
  requestCount = 0;
  unsentSinceMs = Number.POSITIVE_INFINITY;
  readonly client: Connection;
  readonly body = new BodyReader({ isLenient: false });
  readonly #context: EngineContext;
  readonly #onGone: (session: ClientSession) => void;
  readonly #stash: HeadStash;
  /** `idle`: between requests; `linger`: answered for the last time, the rest of the input is dropped. */
  #phase: "idle" | "head" | "exchange" | "tunnel" | "linger" | "closed" = "idle";
  readonly #exchange: Exchange;
  /** Of a phase without exchange, which has its own. */
  #deadlineMs: number;
  #idleSinceMs: number;
  readonly openedMs: number;
  readonly #output: ClientOutput;
  readonly #input: InputGate;
  #isReadingStash = false;
  /** The head that is read now lies in the stash. */
  #isStashed = false;
  readonly #wish = new ClientWish();
  /** Another request may follow the answer that is sent now. */
  #mayKeepAlive = false;
  #hasClientEnded = false;
  #hasTunnelEnded = false;
  #isConnectionGone = false;

  constructor(context: EngineContext, connection: Connection, onGone: (session: ClientSession) => void) {
    this.#context = context;
    this.client = connection;
    this.#onGone = onGone;
    this.#input = new InputGate(connection);
    this.#output = new ClientOutput(connection, context.buffers, context.unsent);
    this.#exchange = new Exchange(context, this);
    this.#stash = new HeadStash(context.limits.headBytes);
    this.#idleSinceMs = this.openedMs = context.nowMs;
    this.#deadlineMs = context.nowMs + context.limits.headMs;
  }

  /** Between requests, and the client has all answers. */
  get #isIdle(): boolean {
    return this.#phase === "idle" && this.#stash.length === 0 && !this.#output.isQueued;
  }

  get mayGiveWay(): boolean {
    return this.#isIdle || this.#phase === "head" || (this.#phase === "linger" && !this.#output.isQueued);
  }

  get unsentBytes(): number {
    return this.#output.unsentBytes + this.#stash.heldBytes;
  }

  get wantsPlainBody(): boolean {
    return this.#wish.isHttp10;
  }

  get takesInterim(): boolean {
    return !this.#wish.isHttp10;
  }

  get isHeld(): boolean {
    return this.#input.isHeld;
  }

  get isStalled(): boolean {
    return this.#output.isStalled;
  }

  /** Closes, whatever is under way. A client that has only part of an answer must not take it for the whole. */
  close(reason: ResponseReason = "shut-down"): void {
    const isCut = this.#output.isQueued || this.#exchange.status !== 0;
    if (isCut) this.client.abort();
    else this.client.close();
    this.#leave(reason);
  }

  giveUp(): void {
    if (this.#phase === "head") this.#exchange.countUnread("client-slow");
    this.abort("client-slow");
  }

  /** The next answer closes the connection: `isDraining` says so to each request. */
  drain(isLast: boolean): void {
    if (isLast && this.#isIdle && this.#context.nowMs >= this.#idleSinceMs + LAST_REQUEST_MS) this.#finish();
  }

  onTick(nowMs: number): void {
    if (this.#phase === "exchange" || this.#phase === "tunnel") this.#exchange.onTick(nowMs);
    else if (nowMs < this.#deadlineMs) return;
    else if (this.#phase === "head") this.#exchange.refuseUnread("request-head-timeout");
    else this.close();
  }

  onData(bytes: Buffer, start: number, end: number): boolean {
    switch (this.#phase) {
      case "idle":
      case "head":
        return this.#onHeadBytes(bytes, start, end);
      case "exchange":
        return this.#onBodyBytes(bytes, start, end);
      case "tunnel":
        return this.#exchange.sendTunnel(bytes, start, end);
      default:
        return false;
    }
  }

  onEnd(): void {
    this.#hasClientEnded = true;
    if (this.#phase === "tunnel") {
      this.#exchange.endTunnel();
    } else if (this.#phase === "exchange") {
      // A client that ends its side after half a request wants no answer. After a whole one it may: `printf ... | nc` does.
      if (!this.body.isDone) this.close("client-gone");
    } else if (this.#phase !== "linger") {
      this.#finish();
    }
  }

  onDrain(): void {
    this.#output.onDrain();
    this.unsentSinceMs = Number.POSITIVE_INFINITY;
    if (this.#phase === "linger") this.#setDeadline(this.#context.limits.lingerMs);
    this.#exchange.onClientDrain();
    if (this.#phase === "idle") this.#readStash();
  }

  onClose(): void {
    this.#isConnectionGone = true;
    // Where both sides of a tunnel have ended, the endpoint may still be taking what the client has sent.
    if (!this.#exchange.isOn || !this.#hasClientEnded || !this.#hasTunnelEnded) this.#leave("client-gone");
  }

  /** Releases everything; a request that is under way ends without a whole answer, for this reason. */
  #leave(reason: ResponseReason): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#exchange.leave(reason);
    this.#onGone(this);
  }

  respond(answer: AnswerHead): number {
    const { bytes, bodyStart, bodyEnd } = answer;
    const headBytes = writeAnswerHead(this.#context, answer, {
      isHttp10: this.#wish.isHttp10,
      connection: this.#optionOf(answer),
    });
    const { writer, scratch } = this.#context;
    const fits = bodyEnd - bodyStart <= scratch.length - writer.at;
    if (fits) writer.copy(bytes, bodyStart, bodyEnd);
    if (this.#sendBytes(scratch, writer.at, headBytes)) this.#context.scratch = this.#context.buffers.take();
    return fits ? bodyEnd : bodyStart;
  }

  /** What an answer says about the connection, which lives on if both sides want it and the end can be seen without closing. */
  #optionOf({ kind, body, isRequestComplete }: AnswerHead): "default" | "keep-alive" | "close" | "upgrade" {
    if (kind !== "final") return kind === "tunnel" ? "upgrade" : "default";
    const isEndTold = !body.isUntilClose && !(body.isChunked && this.#wish.isHttp10);
    this.#mayKeepAlive = this.#wish.isPersistent && isEndTold && isRequestComplete && !this.#isLastRequest;
    return this.#wish.option(this.#mayKeepAlive);
  }

  /** No request is read after the one that is on. */
  get #isLastRequest(): boolean {
    return isLastRequest(this.#context, this);
  }

  answer(status: AnswerStatus, cause: AnswerCause, edit: ResponseEdit | undefined): void {
    this.#phase = "exchange";
    this.#mayKeepAlive = this.#wish.isPersistent && this.body.isDone && !this.#isLastRequest;
    const how = { mayKeepAlive: this.#mayKeepAlive, date: this.#context.date, edit };
    const answer = this.#wish.print(status, cause, how);
    this.#sendBytes(answer, answer.length, headLength(answer));
  }

  sendContinue(): void {
    this.#sendBytes(CONTINUE_ANSWER, CONTINUE_ANSWER.length, 0);
  }

  sendBody(bytes: Buffer, start: number, end: number): boolean {
    this.#exchange.addSentBytes(end - start, 0);
    return this.#output.send(bytes, start, end);
  }

  #sendBytes(bytes: Buffer, length: number, headBytes: number): boolean {
    this.#exchange.addSentBytes(length, headBytes);
    return this.#output.send(bytes, 0, length);
  }

  #setDeadline(afterMs: number): void {
    this.#deadlineMs = this.#context.nowMs + afterMs;
  }

  distrust(): void {
    this.#wish.distrust();
  }

  pause(): void {
    this.#input.holdByExchange();
  }

  resume(): void {
    this.#input.releaseByExchange();
  }

  forgetPause(): void {
    this.#input.forgetExchange();
  }

  abort(reason: ResponseReason): void {
    this.client.abort();
    this.#leave(reason);
  }

  openTunnel(): void {
    this.#phase = "tunnel";
    const early = this.#stash.peek();
    this.#stash.clear();
    const isKept = early.length > 0 && this.#exchange.sendTunnel(early, 0, early.length);
    this.#input.releaseForTurn();
    if (!isKept) this.#input.releaseByExchange();
    if (this.#hasClientEnded) this.#exchange.endTunnel();
  }

  endTunnel(): void {
    this.#hasTunnelEnded = true;
    this.client.end();
  }

  onTunnelGone(): void {
    if (this.#isConnectionGone) this.#leave("client-gone");
  }

  #onHeadBytes(bytes: Buffer, start: number, end: number): boolean {
    if (this.#phase === "idle") {
      this.#phase = "head";
      this.#setDeadline(this.#context.limits.headMs);
    }
    if (this.#stash.length === 0) return this.#readHead(bytes, start, end);
    if (this.#stash.add(bytes, start, end)) this.#readStashedHead();
    return false;
  }

  #readStashedHead(): void {
    const bytes = this.#stash.peek();
    this.#isStashed = true;
    this.#readHead(bytes, 0, bytes.length);
    this.#isStashed = false;
  }

  #readHead(bytes: Buffer, start: number, end: number): boolean {
    const head = this.#context.requestHead;
    const result = readRequestHead(bytes, start, end, head);
    if (result > 0) return this.#begin(bytes, head, result, end);
    if (result !== INCOMPLETE) this.#exchange.refuseUnread(headReason(result));
    else if (!this.#isStashed) this.#stash.add(bytes, start, end);
    return false;
  }

  /** A request head is complete: finds out where its body ends, and has it answered. */
  #begin(bytes: Buffer, head: RequestHead, bodyStart: number, end: number): boolean {
    this.#phase = "exchange";
    this.requestCount += 1;
    this.#exchange.enter(bytes, head);
    this.#wish.take(bytes, head);
    this.body.startDeclared(head);
    const bodyEnd = this.body.advance(bytes, bodyStart, end);
    this.#exchange.addReceivedBytes(Math.max(bodyStart, bodyEnd) - head.start);
    const fault = bodyEnd === -1 ? "request-body-malformed" : requestFault(bytes, head);
    if (fault !== undefined) return this.#exchange.refuse(fault);
    if (bodyEnd < end) this.#awaitTurn(bytes, bodyEnd, end);
    else if (this.#isStashed) this.#stash.clear();
    return this.#exchange.begin({ bytes, head, bodyStart, bodyEnd });
  }

  #onBodyBytes(bytes: Buffer, start: number, end: number): boolean {
    const bodyEnd = this.body.advance(bytes, start, end);
    if (!this.#exchange.takesBody({ start, bodyEnd, end })) return false;
    if (bodyEnd < end) this.#awaitTurn(bytes, bodyEnd, end);
    return this.#exchange.addBody(bytes, start, bodyEnd);
  }

  /** Makes the bytes of the next request wait, and stops reading. Those in the stash stay where they are. */
  #awaitTurn(bytes: Buffer, start: number, end: number): void {
    if (this.#isStashed) this.#stash.drop(start);
    else this.#stash.add(bytes, start, end);
    this.#input.holdForTurn();
  }

  end(): void {
    if (this.#phase === "closed") return;
    const isLast = this.#hasClientEnded && this.#stash.length === 0;
    if (!this.#mayKeepAlive || isLast) {
      this.#finish();
      return;
    }
    this.#phase = "idle";
    this.#idleSinceMs = this.#context.nowMs;
    this.#setDeadline(this.#context.limits.keepAliveMs);
    this.#wish.forgetAnswer();
    const wasHeld = this.#input.isHeld;
    this.#input.forgetExchange();
    // No further requests are read from a client that does not read its answers.
    if (this.#output.isStalled) this.#input.holdForTurn();
    else if (wasHeld) this.#readStash();
  }

  /** Another request waits in the stash, and the client takes answers. */
  get #hasNext(): boolean {
    return this.#phase === "idle" && this.#stash.length > 0 && !this.#output.isStalled;
  }

  /**
   * Goes on with requests that came while another was answered: a few, and with the rest when others had their turn. A
   * loop, because answers of our own would recurse.
   */
  readonly #readStash = (): void => {
    if (this.#isReadingStash) return;
    this.#isReadingStash = true;
    for (let count = 0; count < REQUESTS_PER_TURN && this.#hasNext; count++) {
      this.#phase = "head";
      this.#setDeadline(this.#context.limits.headMs);
      this.#readStashedHead();
    }
    this.#isReadingStash = false;
    if (this.#hasNext) this.#context.turns.add(this.#readStash);
    // What is left waits for its turn, or for the client to take answers; a head that is incomplete waits for input.
    const isWaiting = this.#stash.length > 0 && this.#phase !== "head";
    if (isWaiting || (this.#phase === "idle" && this.#output.isStalled)) return;
    this.#input.releaseForTurn();
  };

  /** Ends our side. The rest of the input, if any, is read and dropped for a while, because a reset could overtake the answer. */
  #finish(): void {
    if (this.#phase === "closed") return;
    this.#phase = "linger";
    const { clientGapMs, lingerMs } = this.#context.limits;
    if (this.#wish.isLastRequest && this.body.isDone && this.#stash.length === 0) {
      this.#setDeadline(clientGapMs);
      this.client.finish();
      return;
    }
    this.#stash.clear();
    this.#setDeadline(this.client.end() ? lingerMs : clientGapMs);
    this.#input.release();
  }
}

import type { Rule } from "#src/routing/rule.ts";
import type { AcceptedEvents, Connection } from "#ingress/io/connection.ts";
import type { OpenRequest } from "#src/filters/client-limits.ts";
import type { AccessDecision } from "#ingress/engine/access-control.ts";
import type { AccessGrant } from "#ingress/engine/access-grant.ts";
import { AccessWait } from "#ingress/engine/access-wait.ts";
import { type AnswerStatus, headLength } from "./answer.ts";
import { askAccess } from "#ingress/engine/ask-access.ts";
import { type BodyPace, startPace } from "#ingress/engine/body-pace.ts";
import { BodyReader } from "./body-reader.ts";
import { ClientWish } from "./client-wish.ts";
import {
  type AnswerCause,
  decideRequest,
  type ForwardDecision,
  type LackingDecision,
} from "#ingress/engine/decide-request.ts";
import { ClientOutput } from "./client-output.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import { Exchange } from "#ingress/engine/exchange.ts";
import type { ExchangeClient } from "#ingress/engine/exchange-client.ts";
import { errorPageRequest } from "#ingress/engine/error-page-request.ts";
import { type ExchangeRequest, exchangeRequest } from "#ingress/engine/exchange-request.ts";
import { CONTINUE_ANSWER, expectationOf } from "./expectation-of.ts";
import { INCOMPLETE } from "./read-field-lines.ts";
import { clientLines } from "./forwarded-request.ts";
import { HeadStash } from "./head-stash.ts";
import { InputGate } from "./input-gate.ts";
import type { ReceivedRequest, RequestHead } from "#ingress/engine/request-head.ts";
import { headReason, readRequestHead } from "./read-request-head.ts";
import { bodyFault, bodyRule, type BodyRule, requestFault } from "#ingress/engine/request-fault.ts";
import { RequestRecord } from "#ingress/engine/request-record.ts";
import { responseEditFor } from "#ingress/engine/response-edit-for.ts";
import { RESPONSE_REASONS, type ResponseReason } from "#ingress/engine/response-reason.ts";
import type { Reader } from "#ingress/engine/unsent-bytes.ts";

/** Requests of one client that are answered before other clients have their turn. */
const REQUESTS_PER_TURN = 8;

/** One client connection: reads requests one after the other, has each answered, and keeps the order. */
export class ClientSession implements AcceptedEvents, ExchangeClient, Reader {
  requestCount = 0;
  unsentSinceMs = Number.POSITIVE_INFINITY;
  readonly #context: EngineContext;
  readonly #connection: Connection;
  readonly #onGone: (session: ClientSession) => void;
  readonly #stash: HeadStash;
  readonly #body = new BodyReader({ isLenient: false });
  /** `idle`: between requests; `linger`: answered for the last time, the rest of the input is dropped. */
  #phase: "idle" | "head" | "exchange" | "tunnel" | "linger" | "closed" = "idle";
  #exchange: Exchange | undefined;
  /** The request whose exchange has not begun, because it is not known yet whether it may come in. */
  readonly #waiting = new AccessWait();
  #clientLines: Buffer | undefined;
  #deadlineMs: number;
  readonly #record: RequestRecord;
  readonly #output: ClientOutput;
  readonly #input: InputGate;
  #bodyPace: BodyPace | undefined;
  /** The mark that the request is open, where its client may have a number of them. */
  #open: OpenRequest | undefined;
  /** Of the request that is answered now. */
  #bodyRule: BodyRule = { maxBytes: 0, forbidsTrailers: false };
  #isReadingStash = false;
  /** The head that is read now lies in the stash. */
  #isStashed = false;
  #hasForwarded = false;
  readonly #wish = new ClientWish();
  #hasClientEnded = false;
  #hasTunnelEnded = false;
  #isConnectionGone = false;

  constructor(context: EngineContext, connection: Connection, onGone: (session: ClientSession) => void) {
    this.#context = context;
    this.#connection = connection;
    this.#onGone = onGone;
    this.#input = new InputGate(connection);
    this.#output = new ClientOutput(connection, context.buffers, context.unsent);
    this.#record = new RequestRecord(context, connection);
    this.#stash = new HeadStash(context.limits.headBytes);
    this.#deadlineMs = context.nowMs + context.limits.headMs;
  }

  /** Between requests, and the client has all answers. */
  get isIdle(): boolean {
    return this.#phase === "idle" && this.#stash.length === 0 && !this.#output.isQueued;
  }

  get mayGiveWay(): boolean {
    return this.isIdle || this.#phase === "head" || (this.#phase === "linger" && !this.#output.isQueued);
  }

  get unsentBytes(): number {
    return this.#output.unsentBytes + this.#stash.heldBytes;
  }

  /** Closes, whatever is under way. A client that has only part of an answer must not take it for the whole. */
  close(reason: ResponseReason = "shut-down"): void {
    const isCut = this.#output.isQueued || (this.#exchange !== undefined && this.#exchange.status !== 0);
    if (isCut) this.#connection.abort();
    else this.#connection.close();
    this.#leave(reason);
  }

  giveUp(): void {
    if (this.#phase === "head") {
      this.#record.begin();
      this.#record.end(RESPONSE_REASONS["client-slow"].status, undefined, "client-slow");
    }
    this.abortClient("client-slow");
  }

  /** Looks at the deadline, and how fast a body comes. */
  onTick(nowMs: number): void {
    if (this.#phase === "exchange" && !this.#body.isDone) this.#checkPace(nowMs);
    this.#exchange?.onTick();
    if (nowMs < this.#deadlineMs || this.#exchange?.looksForEndpoint() === true) return;
    if (this.#phase === "head") this.#refuse("request-head-timeout");
    else if (this.#phase === "exchange") this.#onExchangeDeadline();
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
        return this.#exchange!.sendBody(bytes, start, end);
      default:
        return false;
    }
  }

  onEnd(): void {
    this.#hasClientEnded = true;
    if (this.#phase === "tunnel") {
      this.#exchange!.endTunnel();
    } else if (this.#phase === "exchange") {
      // A client that ends its side after half a request wants no answer. After a whole one it may: `printf ... | nc` does.
      if (!this.#body.isDone) this.close("client-gone");
    } else if (this.#phase !== "linger") {
      this.#finish();
    }
  }

  onDrain(): void {
    this.#output.onDrain();
    this.unsentSinceMs = Number.POSITIVE_INFINITY;
    if (this.#phase === "linger") this.setDeadline(this.#context.limits.lingerMs);
    this.#exchange?.onClientDrain();
    if (this.#phase === "idle") this.#readStash();
  }

  #checkPace(nowMs: number): void {
    const exchange = this.#exchange;
    if (exchange === undefined || this.#bodyPace?.isTooSlow(nowMs, this.#input.isHeld) !== true) return;
    if (exchange.status === 0) this.#refuse("request-body-timeout");
    else this.abortClient("request-body-timeout");
  }

  onClose(): void {
    this.#isConnectionGone = true;
    // Where both sides of a tunnel have ended, the endpoint may still be taking what the client has sent.
    if (this.#exchange === undefined || !this.#hasClientEnded || !this.#hasTunnelEnded) this.#leave("client-gone");
  }

  /** Releases everything; a request that is under way ends without a whole answer, for this reason. */
  #leave(reason: ResponseReason): void {
    if (this.#phase === "closed") return;
    const exchange = this.#exchange;
    if (this.#phase === "exchange" && (exchange !== undefined || this.#waiting.isOn)) {
      const status = exchange?.status ?? 0;
      this.#record.end(status === 0 ? RESPONSE_REASONS["client-gone"].status : status, exchange, reason);
    }
    this.#phase = "closed";
    this.#endOpen();
    this.#waiting.end();
    exchange?.cancel();
    this.#exchange = undefined;
    this.#onGone(this);
  }

  sendToClient(bytes: Buffer, start: number, end: number, headBytes = 0): boolean {
    this.#record.addSentBytes(end - start, headBytes);
    return this.#output.send(bytes, start, end);
  }

  sendScratch(length: number, headBytes: number): boolean {
    if (!this.sendToClient(this.#context.scratch, 0, length, headBytes)) return false;
    this.#context.scratch = this.#context.buffers.take();
    return true;
  }

  setDeadline(afterMs: number): void {
    this.#deadlineMs = this.#context.nowMs + afterMs;
  }

  pauseClient(): void {
    this.#input.holdByExchange();
  }

  resumeClient(): void {
    this.#input.releaseByExchange();
  }

  onExchangeEnd(status: number, mayKeepAlive: boolean): void {
    this.#record.end(status, this.#exchange);
    this.#exchange = undefined;
    this.#endTurn(mayKeepAlive);
  }

  onErrorPage(request: ExchangeRequest): void {
    this.#exchange = new Exchange(this.#context, this, request);
    this.#exchange.start(request, request.bytes.length, request.bytes.length);
  }

  onExchangeFailure(reason: ResponseReason): void {
    this.#answer(RESPONSE_REASONS[reason].status, { reason });
  }

  abortClient(reason: ResponseReason): void {
    this.#connection.abort();
    this.#leave(reason);
  }

  onTunnel(): void {
    // Given up for the head that was sent just now.
    if (this.#exchange === undefined) return;
    this.#record.end(101, this.#exchange);
    this.#phase = "tunnel";
    const early = this.#stash.peek();
    this.#stash.clear();
    const isKept = early.length > 0 && this.#exchange.sendBody(early, 0, early.length);
    this.#input.releaseForTurn();
    if (!isKept) this.#input.releaseByExchange();
    if (this.#hasClientEnded) this.#exchange.endTunnel();
  }

  onTunnelEnd(): void {
    this.#hasTunnelEnded = true;
    this.#connection.end();
  }

  onTunnelGone(): void {
    this.#exchange = undefined;
    if (this.#isConnectionGone) this.#leave("client-gone");
  }

  #onExchangeDeadline(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return void this.#refuse("access-timeout");
    const reason = exchange.onDeadline();
    if (reason === undefined) return;
    if (exchange.status !== 0 || reason === "client-slow") this.abortClient(reason);
    else this.#refuse(reason);
  }

  #onHeadBytes(bytes: Buffer, start: number, end: number): boolean {
    if (this.#phase === "idle") {
      this.#phase = "head";
      this.setDeadline(this.#context.limits.headMs);
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
    if (result !== INCOMPLETE) this.#refuse(headReason(result));
    else if (!this.#isStashed) this.#stash.add(bytes, start, end);
    return false;
  }

  /** A request head is complete: finds out where its body ends, and who answers. */
  #begin(bytes: Buffer, head: RequestHead, bodyStart: number, end: number): boolean {
    this.#phase = "exchange";
    this.requestCount += 1;
    this.#record.enter(bytes, head);
    this.#wish.take(bytes, head);
    this.#body.startDeclared(head);
    const bodyEnd = this.#body.advance(bytes, bodyStart, end);
    this.#record.addReceivedBytes(Math.max(bodyStart, bodyEnd) - head.start);
    const fault = bodyEnd === -1 ? "request-body-malformed" : requestFault(bytes, head);
    if (fault !== undefined) return this.#refuse(fault);
    if (bodyEnd < end) this.#awaitTurn(bytes, bodyEnd, end);
    else if (this.#isStashed) this.#stash.clear();
    if (!this.#body.isDone) this.#bodyPace = startPace(this.#bodyPace, this.#context, bodyEnd - bodyStart);
    return this.#forward(bytes, head, bodyStart, bodyEnd);
  }

  #forward(bytes: Buffer, head: RequestHead, bodyStart: number, bodyEnd: number): boolean {
    const decision = decideRequest(bytes, head, this.#context, this.#connection);
    this.#wish.edit = responseEditFor(decision.rule, { bytes, head }, this.#context, this.#connection);
    if (decision.rule !== undefined)
      this.#record.enterRule(decision.rule, decision.kind === "forward" ? decision.canary : undefined);
    if (decision.kind === "forward" || decision.kind === "lacking") this.#open = decision.open;
    this.#bodyRule = bodyRule(decision.rule?.filters, this.#context.limits.bodyBytes);
    const fault = bodyFault(this.#body, { bodyEnd, contentLength: head.contentLength }, this.#bodyRule);
    if (fault !== undefined) return this.#refuse(fault);
    if (decision.kind === "refuse") return this.#refuse(decision.reason);
    if (decision.kind === "answer") return this.#answer(decision.status, decision.cause);
    const received = { bytes, head, bodyStart, bodyEnd };
    const access = askAccess(decision, received, this.#context, this.#connection);
    if (access instanceof Promise) return this.#awaitAccess(access, decision, bytes.subarray(head.start, bodyEnd));
    if (access.kind === "answer") return this.#answer(access.status, access.cause);
    if (decision.kind === "lacking") return this.#lack(decision.rule, decision.reason, received, access.grant);
    return this.#send(decision, received, access.grant);
  }

  /** Keeps the request, and reads no further, until it is known whether it may come in. */
  #awaitAccess(access: Promise<AccessDecision>, decision: ForwardDecision | LackingDecision, first: Buffer): false {
    this.setDeadline(this.#context.limits.accessMs);
    this.#input.holdByExchange();
    void this.#waiting.begin(access, first, { decision, context: this.#context }, (found, now, received) => {
      if (found.kind === "answer") this.#answer(found.status, found.cause);
      else if (now.kind === "lacking") this.#lack(decision.rule, now.reason, received, found.grant);
      else this.#sendHeld(now, received, found.grant);
    });
    return false;
  }

  /** Answers a request that has no endpoint to go to, or has another Service answer. */
  #lack(rule: Rule, reason: ResponseReason, received: ReceivedRequest, grant: AccessGrant | undefined): false {
    const of = { context: this.#context, connection: this.#connection, ids: this.#record.ids, grant };
    const page = errorPageRequest(rule, received, of)?.ask(503);
    if (page === undefined || !this.#body.isDone) return this.#answer(503, { reason });
    this.onErrorPage(page);
    return false;
  }

  #sendHeld(decision: ForwardDecision, received: ReceivedRequest, grant: AccessGrant | undefined): void {
    const bytes = received.bodyEnd - received.bodyStart;
    if (!this.#body.isDone) this.#bodyPace = startPace(this.#bodyPace, this.#context, bytes);
    this.#input.forgetExchange();
    this.#send(decision, received, grant);
    if (this.#phase === "exchange" && !this.#input.isHeld) this.#input.releaseByExchange();
  }

  #send(decision: ForwardDecision, received: ReceivedRequest, grant: AccessGrant | undefined): boolean {
    const { bytes, head, bodyStart, bodyEnd } = received;
    this.#clientLines ??= clientLines(this.#connection);
    const from = { context: this.#context, connection: this.#connection, clientLines: this.#clientLines };
    const how = { body: this.#body, isFirst: !this.#hasForwarded, grant, ids: this.#record.ids, edit: this.#wish.edit };
    const request = exchangeRequest(decision, received, { from, how });
    if (typeof request === "string") return this.#answer(RESPONSE_REASONS[request].status, { reason: request });
    const awaitsContinue = expectationOf(bytes, head) === "continue" && bodyStart === bodyEnd;
    this.#hasForwarded = true;
    this.#exchange = new Exchange(this.#context, this, request);
    const isKept = this.#exchange.start(request, bodyStart, bodyEnd);
    // To a client that waits with its body, which some endpoints never answer.
    if (awaitsContinue && !this.#body.isDone && this.#exchange?.status === 0)
      this.sendToClient(CONTINUE_ANSWER, 0, CONTINUE_ANSWER.length);
    return isKept;
  }

  #onBodyBytes(bytes: Buffer, start: number, end: number): boolean {
    const bodyEnd = this.#body.advance(bytes, start, end);
    this.#record.addReceivedBytes(Math.max(0, bodyEnd - start));
    this.#bodyPace?.add(end - start);
    const fault = bodyFault(this.#body, { bodyEnd, contentLength: -1 }, this.#bodyRule);
    if (fault !== undefined) {
      if (this.#exchange !== undefined && this.#exchange.status !== 0) this.abortClient(fault);
      else this.#refuse(fault);
      return false;
    }
    if (bodyEnd < end) this.#awaitTurn(bytes, bodyEnd, end);
    this.#waiting.add(bytes, start, bodyEnd);
    return bodyEnd > start && this.#exchange?.sendBody(bytes, start, bodyEnd) === true;
  }

  /** Makes the bytes of the next request wait, and stops reading. Those in the stash stay where they are. */
  #awaitTurn(bytes: Buffer, start: number, end: number): void {
    if (this.#isStashed) this.#stash.drop(start);
    else this.#stash.add(bytes, start, end);
    this.#input.holdForTurn();
  }

  /** Answers without an endpoint and closes, because what follows on this connection cannot be understood or trusted. */
  #refuse(reason: ResponseReason): false {
    this.#wish.distrust();
    if (this.#phase === "head") this.#record.begin();
    this.#exchange?.cancel();
    return this.#answer(RESPONSE_REASONS[reason].status, { reason });
  }

  /** Answers without an endpoint. A request whose body is not read to its end costs the connection. */
  #answer(status: AnswerStatus, cause: AnswerCause): false {
    const mayKeepAlive = this.#wish.isPersistent && this.#body.isDone && !this.#context.isDraining;
    const answer = this.#wish.print(status, cause, { mayKeepAlive, date: this.#context.date });
    const exchange = this.#exchange;
    // A client may be given up for what is sent to it: this request has its answer, and is counted below.
    this.#exchange = undefined;
    this.#waiting.end();
    this.#phase = "exchange";
    this.sendToClient(answer, 0, answer.length, headLength(answer));
    this.#record.end(status, exchange, cause.reason);
    this.#endTurn(mayKeepAlive);
    return false;
  }

  #endOpen(): void {
    this.#open?.release();
    this.#open = undefined;
  }

  #endTurn(mayKeepAlive: boolean): void {
    if (this.#phase === "closed") return;
    this.#endOpen();
    const isLast = this.#hasClientEnded && this.#stash.length === 0;
    if (!mayKeepAlive || isLast) {
      this.#finish();
      return;
    }
    this.#phase = "idle";
    this.setDeadline(this.#context.limits.keepAliveMs);
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
      this.setDeadline(this.#context.limits.headMs);
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
    if (this.#wish.isLastRequest && this.#body.isDone && this.#stash.length === 0) {
      this.setDeadline(clientGapMs);
      this.#connection.finish();
      return;
    }
    this.#stash.clear();
    this.setDeadline(this.#connection.end() ? lingerMs : clientGapMs);
    this.#input.release();
  }
}

import type { OpenRequest } from "#src/filters/client-limits.ts";
import type { ResponseEdit } from "#src/filters/response-edit.ts";
import type { Rule } from "#src/routing/rule.ts";
import type { AccessDecision } from "./access-control.ts";
import type { AccessGrant } from "./access-grant.ts";
import { AccessWait } from "./access-wait.ts";
import { askAccess } from "./ask-access.ts";
import { type BodyPace, startPace } from "./body-pace.ts";
import type { AnswerHead, ClientStream } from "./client-stream.ts";
import type { EngineContext } from "./context.ts";
import { type AnswerCause, decideRequest, type ForwardDecision, type LackingDecision } from "./decide-request.ts";
import { errorPageRequest } from "./error-page-request.ts";
import type { RequestClient } from "./filtered-request.ts";
import { Forwarding } from "./forwarding.ts";
import type { ForwardingClient } from "./forwarding-client.ts";
import { type ForwardingStart, forwardingStart } from "./forwarding-start.ts";
import { grpcAnswer } from "./grpc/grpc-answer.ts";
import { isGrpc } from "./grpc/is-grpc.ts";
import type { AnswerStatus } from "./h1/answer.ts";
import { expectationOf } from "./h1/expectation-of.ts";
import { type ClientLines, clientLines } from "./h1/forwarded-request.ts";
import { ANY_BODY, bodyFault, bodyRule, type BodyRule } from "./request-fault.ts";
import type { ReceivedRequest, RequestHead } from "./request-head.ts";
import { RequestRecord } from "./request-record.ts";
import { responseEditFor } from "./response-edit-for.ts";
import { RESPONSE_REASONS, type ResponseReason } from "./response-reason.ts";
import { trustedClient, type TrustedProxies } from "./trusted-client.ts";

/**
 * What is done with a request of a client's stream, from its head to the end of its answer: decides who answers, asks who may come
 * in, forwards or answers, keeps the deadline, and counts. Used again for each request of a connection of HTTP/1.1.
 */
export class Exchange implements ForwardingClient {
  readonly #context: EngineContext;
  readonly #stream: ClientStream;
  readonly #record: RequestRecord;
  #forwarding: Forwarding | undefined;
  /** The request whose forwarding has not begun, because it is not known yet whether it may come in. */
  readonly #waiting = new AccessWait();
  /** Whom the present request is from. */
  #client: RequestClient;
  #clientLines: ClientLines | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #bodyPace: BodyPace | undefined;
  /** The mark that the request is open, where its client may have a number of them. */
  #open: OpenRequest | undefined;
  #bodyRule: BodyRule = ANY_BODY;
  #edit: ResponseEdit | undefined;
  #isTunnel = false;
  #hasForwarded = false;
  /** The request is one of gRPC, whose client understands no other answer than its own. */
  #isGrpc = false;

  constructor(context: EngineContext, stream: ClientStream) {
    this.#context = context;
    this.#stream = stream;
    this.#client = stream.client;
    this.#record = new RequestRecord(context, stream.client);
  }

  /** A request has no answer yet, or not all of it; or a tunnel is open. */
  get isOn(): boolean {
    return this.#forwarding !== undefined || this.#waiting.isOn;
  }

  /** Of the response of an endpoint, once its head has come; 0 before, and where none is under way. */
  get status(): number {
    return this.#forwarding?.status ?? 0;
  }

  get wantsPlainBody(): boolean {
    return this.#stream.wantsPlainBody;
  }

  get takesInterim(): boolean {
    return this.#stream.takesInterim;
  }

  get isStalled(): boolean {
    return this.#stream.isStalled;
  }

  /** A head was read. */
  enter(bytes: Buffer, head: RequestHead): void {
    const { trustedProxies: proxies } = this.#context;
    if (proxies !== undefined) this.#findClient(bytes, head, proxies);
    this.#record.enter(bytes, head, this.#client);
  }

  addReceivedBytes(count: number): void {
    this.#record.addReceivedBytes(count);
  }

  /** `headBytes` of them are the head of an answer. */
  addSentBytes(count: number, headBytes: number): void {
    this.#record.addSentBytes(count, headBytes);
  }

  /** Counts a request whose head will not come whole. */
  countUnread(reason: ResponseReason): void {
    this.#record.begin();
    this.#record.end(RESPONSE_REASONS[reason].status, undefined, reason);
  }

  /** Answers a request whose head cannot be read. */
  refuseUnread(reason: ResponseReason): false {
    this.#record.begin();
    return this.refuse(reason);
  }

  #findClient(bytes: Buffer, head: RequestHead, proxies: TrustedProxies): void {
    const { client } = this.#stream;
    if (!proxies.trusts(client.remoteAddress)) return;
    this.#client = trustedClient(client, { bytes, head }, proxies);
    this.#clientLines = undefined;
  }

  /** Has a request answered that was entered; true: the buffer is kept. */
  begin(received: ReceivedRequest): boolean {
    const { bytes, head, bodyStart, bodyEnd } = received;
    const { body } = this.#stream;
    const client = this.#client;
    this.#isGrpc = isGrpc(bytes, head);
    if (!body.isDone) this.#bodyPace = startPace(this.#bodyPace, this.#context, bodyEnd - bodyStart);
    const decision = decideRequest(bytes, head, this.#context, client);
    this.#edit = responseEditFor(decision.rule, received, this.#context, client);
    if (decision.rule !== undefined)
      this.#record.enterRule(decision.rule, decision.kind === "forward" ? decision.canary : undefined);
    if (decision.kind === "forward" || decision.kind === "lacking") this.#open = decision.open;
    this.#bodyRule = bodyRule(decision.rule?.filters, this.#context);
    const fault = bodyFault(body, { bodyEnd, contentLength: head.contentLength }, this.#bodyRule);
    if (fault !== undefined) return this.refuse(fault);
    if (decision.kind === "refuse") return this.refuse(decision.reason);
    if (decision.kind === "answer") return this.#answer(decision.status, decision.cause);
    const access = askAccess(decision, received, this.#context, client);
    if (access instanceof Promise) return this.#awaitAccess(access, decision, received);
    if (access.kind === "answer") return this.#answer(access.status, access.cause);
    if (decision.kind === "lacking") return this.#lack(decision.rule, decision.reason, received, access.grant);
    return this.#send(decision, received, access.grant);
  }

  /** More of the body has come, up to `bodyEnd` (-1: its framing is broken) of these bytes; false: it is refused. */
  takesBody({
    start,
    bodyEnd,
    end,
  }: {
    readonly start: number;
    readonly bodyEnd: number;
    readonly end: number;
  }): boolean {
    this.#record.addReceivedBytes(Math.max(0, bodyEnd - start));
    this.#bodyPace?.add(end - start);
    const { body } = this.#stream;
    const fault = bodyFault(body, { bodyEnd, contentLength: -1 }, this.#bodyRule);
    if (fault !== undefined || body.isDone) body.endCopy(fault === undefined);
    if (fault === undefined) return true;
    if (this.status === 0) this.refuse(fault);
    else this.abortClient(fault);
    return false;
  }

  /** Sends on what `takesBody` was asked about; true: the buffer is kept. */
  addBody(bytes: Buffer, start: number, bodyEnd: number): boolean {
    this.#waiting.add(bytes, start, bodyEnd);
    return bodyEnd > start && this.#forwarding?.sendBody(bytes, start, bodyEnd) === true;
  }

  /** Sends through a tunnel; true: the buffer is kept. */
  sendTunnel(bytes: Buffer, start: number, end: number): boolean {
    return this.#forwarding!.sendBody(bytes, start, end);
  }

  /** The client has ended its side of a tunnel. */
  endTunnel(): void {
    this.#forwarding!.endTunnel();
  }

  /** Looks at the deadline, and how fast a body comes. */
  onTick(nowMs: number): void {
    if (!this.#isTunnel && !this.#stream.body.isDone && this.#isTooSlow(nowMs)) return;
    this.#forwarding?.onTick();
    if (nowMs < this.#deadlineMs || this.#forwarding?.looksForEndpoint() === true) return;
    if (this.#isTunnel) this.#stream.close();
    else this.#onDeadline();
  }

  #isTooSlow(nowMs: number): boolean {
    const isUnderWay = this.#forwarding !== undefined;
    if (!isUnderWay || this.#bodyPace?.isTooSlow(nowMs, this.#stream.isHeld) !== true) return false;
    if (this.status === 0) this.refuse("request-body-timeout");
    else this.abortClient("request-body-timeout");
    return true;
  }

  #onDeadline(): void {
    if (this.#forwarding === undefined) {
      this.refuse("access-timeout");
      return;
    }
    const reason = this.#forwarding.onDeadline();
    if (reason === undefined) return;
    if (this.status !== 0 || reason === "client-slow") this.abortClient(reason);
    else this.refuse(reason);
  }

  /** All that was sent to the client has left. */
  onClientDrain(): void {
    this.#forwarding?.onClientDrain();
  }

  /** The client is gone, or given up; a request that is under way ends without a whole answer, for this reason. */
  leave(reason: ResponseReason): void {
    const forwarding = this.#forwarding;
    if (this.isOn && !this.#isTunnel) {
      const { status } = this;
      this.#record.end(status === 0 ? RESPONSE_REASONS["client-gone"].status : status, forwarding, reason);
    }
    this.#endOpen();
    this.#waiting.end();
    forwarding?.cancel();
    this.#forwarding = undefined;
  }

  /** Answers without an endpoint and closes, because what follows on this connection cannot be understood or trusted. */
  refuse(reason: ResponseReason): false {
    this.#stream.distrust();
    this.#forwarding?.cancel();
    return this.#answer(RESPONSE_REASONS[reason].status, { reason });
  }

  respond(answer: AnswerHead): number {
    return this.#stream.respond(answer);
  }

  sendToClient(bytes: Buffer, start: number, end: number): boolean {
    return this.#stream.sendBody(bytes, start, end);
  }

  setDeadline(afterMs: number): void {
    this.#deadlineMs = this.#context.nowMs + afterMs;
  }

  pauseClient(): void {
    this.#stream.pause();
  }

  resumeClient(): void {
    this.#stream.resume();
  }

  onForwarded(status: number): void {
    this.#record.end(status, this.#forwarding);
    this.#end();
  }

  onErrorPage(start: ForwardingStart): void {
    const { length } = start.request.bytes;
    this.#forwarding = new Forwarding(this.#context, this, start);
    this.#forwarding.start(start, length, length);
  }

  onForwardingFailure(reason: ResponseReason): void {
    this.#answer(RESPONSE_REASONS[reason].status, { reason });
  }

  abortClient(reason: ResponseReason): void {
    this.#stream.abort(reason);
  }

  onTunnel(): void {
    // Given up for the head that was sent just now.
    if (this.#forwarding === undefined) return;
    this.#record.end(101, this.#forwarding);
    this.#isTunnel = true;
    this.#stream.openTunnel();
  }

  onTunnelEnd(): void {
    this.#stream.endTunnel();
  }

  onTunnelGone(): void {
    this.#forwarding = undefined;
    this.#stream.onTunnelGone();
  }

  /** Keeps the request, and reads no further, until it is known whether it may come in. */
  #awaitAccess(
    access: Promise<AccessDecision>,
    decision: ForwardDecision | LackingDecision,
    { bytes, head, bodyEnd }: ReceivedRequest,
  ): false {
    this.setDeadline(this.#context.limits.accessMs);
    this.#stream.pause();
    const first = bytes.subarray(head.start, bodyEnd);
    void this.#waiting.begin(access, first, { decision, context: this.#context }, (found, now, received) => {
      if (found.kind === "answer") this.#answer(found.status, found.cause);
      else if (now.kind === "lacking") this.#lack(decision.rule, now.reason, received, found.grant);
      else this.#sendHeld(now, received, found.grant);
    });
    return false;
  }

  /** Answers a request that has no endpoint to go to, or has another Service answer. */
  #lack(rule: Rule, reason: ResponseReason, received: ReceivedRequest, grant: AccessGrant | undefined): false {
    const { body } = this.#stream;
    const of = { context: this.#context, connection: this.#client, ids: this.#record.ids, grant };
    const page = errorPageRequest(rule, received, of)?.ask(503);
    if (page === undefined || !body.isDone) return this.#answer(503, { reason });
    this.onErrorPage(page);
    return false;
  }

  #sendHeld(decision: ForwardDecision, received: ReceivedRequest, grant: AccessGrant | undefined): void {
    const { bodyStart, bodyEnd } = received;
    if (!this.#stream.body.isDone) this.#bodyPace = startPace(this.#bodyPace, this.#context, bodyEnd - bodyStart);
    this.#stream.forgetPause();
    this.#send(decision, received, grant);
    if (this.isOn && !this.#stream.isHeld) this.#stream.resume();
  }

  #send(decision: ForwardDecision, received: ReceivedRequest, grant: AccessGrant | undefined): boolean {
    const { bytes, head, bodyStart, bodyEnd } = received;
    const { body } = this.#stream;
    const client = this.#client;
    this.#clientLines ??= clientLines(client);
    const from = {
      context: this.#context,
      connection: client,
      carrier: this.#stream.client,
      clientLines: this.#clientLines,
    };
    const how = { body, isFirst: !this.#hasForwarded, grant, ids: this.#record.ids, edit: this.#edit };
    const start = forwardingStart(decision, received, { from, how });
    if (typeof start === "string") return this.#answer(RESPONSE_REASONS[start].status, { reason: start });
    const awaitsContinue = bodyStart === bodyEnd && !body.isDone && expectationOf(bytes, head) === "continue";
    this.#hasForwarded = true;
    this.#forwarding = new Forwarding(this.#context, this, start);
    const isKept = this.#forwarding.start(start, bodyStart, bodyEnd);
    // To a client that waits with its body, which some endpoints never answer.
    if (awaitsContinue && this.#forwarding?.status === 0) this.#stream.sendContinue();
    return isKept;
  }

  /** Answers without an endpoint. A request whose body is not read to its end costs the connection. */
  #answer(status: AnswerStatus, cause: AnswerCause): false {
    const forwarding = this.#forwarding;
    // A client may be given up for what is sent to it: this request has its answer, and is counted below.
    this.#forwarding = undefined;
    this.#waiting.end();
    const answer = this.#isGrpc ? { ...cause, grpc: grpcAnswer(status, cause.reason) } : cause;
    this.#stream.answer(status, answer, this.#edit);
    this.#record.end(status, forwarding, cause.reason);
    this.#end();
    return false;
  }

  #endOpen(): void {
    this.#open?.release();
    this.#open = undefined;
  }

  /** The request has its answer. What its rule does to that says nothing of the next one, whose head may turn out unreadable. */
  #end(): void {
    this.#forwarding = undefined;
    this.#edit = undefined;
    this.#isGrpc = false;
    this.#endOpen();
    this.#stream.end();
  }
}

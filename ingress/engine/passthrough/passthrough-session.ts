import type { OpenRequest } from "#src/filters/client-limits.ts";
import { printEndpoint } from "#src/routing/print-endpoint.ts";
import type { routeUnread } from "#src/routing/route.ts";
import type { Rule } from "#src/routing/rule.ts";
import type { Connection, OutgoingEvents } from "#ingress/io/connection.ts";
import type { ConnectionSession } from "#ingress/engine/connection-session.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import type { EndpointFailure, PassthroughResult } from "#ingress/engine/counters.ts";
import { isUnreachable } from "#ingress/engine/endpoint-fault.ts";
import { Tries } from "#ingress/engine/endpoints/tries.ts";
import { RESPONSE_REASONS, type ResponseReason } from "#ingress/engine/response-reason.ts";
import { ByteFlow } from "./byte-flow.ts";
import { logUnread } from "./log-unread.ts";
import { admitUnread } from "./admit-unread.ts";

/** Where a connection goes that is not read, as its server name says. */
export interface UnreadRoute {
  readonly rule: Rule;
  readonly serverName: string;
  readonly route: ReturnType<typeof routeUnread>;
}

/** Fatal alerts of TLS (RFC 8446 section 6): before anything is encrypted they tell the client that it is not a fault of the network. */
const ACCESS_DENIED = tlsAlert(49);
const INTERNAL_ERROR = tlsAlert(80);

/** A client's TLS connection, whose bytes go to an endpoint and back as they are. */
export class PassthroughSession implements ConnectionSession {
  unsentSinceMs = Number.POSITIVE_INFINITY;
  /** It is as busy as a request that is under way. */
  readonly mayGiveWay = false;
  readonly requestCount = 1;
  readonly client: Connection;
  readonly #context: EngineContext;
  readonly #to: UnreadRoute;
  readonly #onGone: (session: ConnectionSession) => void;
  readonly #beganMs: number;
  #phase: "new" | "connecting" | "open" | "ended" = "new";
  #open: OpenRequest | undefined;
  #tries: Tries | undefined;
  #endpoint: Connection | undefined;
  /** What the client has sent, until an endpoint is there. */
  #held: Buffer[] = [];
  #toEndpoint: ByteFlow | undefined;
  #toClient: ByteFlow | undefined;
  #hasClientEnded = false;
  #hasEndpointEnded = false;
  #isClientGone = false;
  /** When the endpoint has to be there; then, when something has moved last. */
  #connectEndsMs = 0;
  #movedMs = 0;

  constructor(
    context: EngineContext,
    client: Connection,
    to: UnreadRoute,
    onGone: (session: ConnectionSession) => void,
  ) {
    this.#context = context;
    this.client = client;
    this.#to = to;
    this.#onGone = onGone;
    this.#beganMs = context.clockMs();
  }

  get unsentBytes(): number {
    const held = this.#held.reduce((sum, { length }) => sum + length, 0);
    return held + this.client.queuedBytes + (this.#endpoint?.queuedBytes ?? 0);
  }

  onData(bytes: Buffer, start: number, end: number): boolean {
    this.#movedMs = this.#context.nowMs;
    if (this.#phase === "open") return this.#pass(this.#toEndpoint!, bytes, start, end);
    if (this.#phase === "ended") return false;
    this.#hold(bytes, start, end);
    if (this.#phase === "new") this.#begin();
    return false;
  }

  #pass(flow: ByteFlow, bytes: Buffer, start: number, end: number): boolean {
    const isKept = flow.send(bytes, start, end, this.#context.nowMs);
    if (isKept) this.#context.unsent.add(end - start);
    return isKept;
  }

  /** At most what one read of the system brings, and another one. */
  #hold(bytes: Buffer, start: number, end: number): void {
    this.#held.push(Buffer.from(bytes.subarray(start, end)));
    this.client.pause();
  }

  #begin(): void {
    const { rule, route } = this.#to;
    const admission = admitUnread(rule, this.client, this.#context);
    if (!admission.ok) return this.#refuse(admission.reason, ACCESS_DENIED);
    this.#open = admission.open;
    if (route.kind === "refuse") return this.#refuse(route.reason, INTERNAL_ERROR);
    this.#phase = "connecting";
    this.#tries = new Tries(this.#context, {
      backend: route.backend,
      choice: undefined,
      patience: rule.filters.patience,
    });
    this.#connect(this.#tries);
  }

  #connect(tries: Tries): void {
    const { limits, nowMs, counters } = this.#context;
    const endpoint = tries.next();
    tries.begin(endpoint);
    this.#connectEndsMs = nowMs + (this.#to.rule.filters.patience?.connectMs ?? limits.connectMs);
    const version = this.#to.rule.filters.transport?.proxyProtocol;
    const header = version && this.#context.ties.of(this.client, version).header;
    counters.openEndpointConnections += 1;
    const events: OutgoingEvents = {
      onConnect: () => this.#onConnect(connection),
      onData: (bytes, start, end) => this.#onEndpointData(bytes, start, end),
      onEnd: () => {
        this.#hasEndpointEnded = true;
        this.client.end();
      },
      onDrain: () => this.#toEndpoint?.onDrain(),
      // What it has sent before still comes, and then the end of it.
      onSendFailure: () => undefined,
      onClose: (error) => {
        counters.openEndpointConnections -= 1;
        if (this.#endpoint === connection) this.#onEndpointGone(error);
      },
    };
    const connection = this.#context.connect(endpoint, events, undefined, header);
    this.#endpoint = connection;
  }

  #onConnect(endpoint: Connection): void {
    if (this.#endpoint !== endpoint || this.#phase !== "connecting") return;
    this.#phase = "open";
    this.#tries!.tellSuccess();
    const { buffers, nowMs } = this.#context;
    this.#movedMs = nowMs;
    this.#toEndpoint = new ByteFlow(this.client, endpoint, buffers);
    this.#toClient = new ByteFlow(endpoint, this.client, buffers);
    // The client was paused while it waited: it goes on where all of this has been taken.
    for (const bytes of this.#held.splice(0)) this.#toEndpoint.send(bytes, 0, bytes.length, nowMs);
    if (this.#toEndpoint.isTaken) this.client.resume();
    if (this.#hasClientEnded) endpoint.end();
  }

  #onEndpointData(bytes: Buffer, start: number, end: number): boolean {
    if (this.#phase !== "open") return false;
    this.#movedMs = this.#context.nowMs;
    return this.#pass(this.#toClient!, bytes, start, end);
  }

  onEnd(): void {
    this.#hasClientEnded = true;
    this.#movedMs = this.#context.nowMs;
    if (this.#phase === "open") this.#endpoint?.end();
    if (this.#phase === "new") this.#finish("client-gone");
  }

  onDrain(): void {
    this.#movedMs = this.#context.nowMs;
    this.#toClient?.onDrain();
    if (this.#phase === "open" && this.#endpoint === undefined) this.#finish("passed");
  }

  onClose(): void {
    this.#isClientGone = true;
    const isRestLeft = this.#phase === "open" && this.#hasClientEnded && this.#hasEndpointEnded;
    // The endpoint has not taken all: until it has, or has let too much time pass, there is something to look after.
    if (isRestLeft && this.#endpoint !== undefined && !this.#toEndpoint!.isTaken) return;
    // Clients of TLS leave in many ways: what they say by it is in what was not read.
    if (this.#phase === "ended") this.#onGone(this);
    else this.#finish(this.#phase === "open" ? "passed" : "client-gone");
  }

  #onEndpointGone(error: NodeJS.ErrnoException | undefined): void {
    this.#endpoint = undefined;
    if (this.#phase === "connecting")
      return this.#onConnectFailure(isUnreachable(error?.code ?? "") ? "unreachable" : "connect-failed");
    if (this.#phase !== "open") return undefined;
    if (!this.#hasEndpointEnded) {
      this.#context.counters.countEndpointFailure("endpoint-closed");
      this.#finish("endpoint-closed");
    } else if (this.#isClientGone || this.#toClient!.isTaken) {
      this.#finish("passed");
    }
    // Otherwise the client gets the rest of what was sent to it, and the end behind it, as long as it takes that in time.
    return undefined;
  }

  /** Nothing was sent yet: any other endpoint may have the connection. */
  #onConnectFailure(failure: EndpointFailure & PassthroughResult): void {
    const tries = this.#tries!;
    const { counters, clockMs } = this.#context;
    counters.countEndpointFailure(failure);
    tries.attempts?.fails(RESPONSE_REASONS[failure].status, clockMs());
    tries.tellFailure(failure, false);
    if (!tries.hasMore || !tries.takeRetry(false)) return this.#refuse(failure, INTERNAL_ERROR);
    counters.retries += 1;
    return this.#connect(tries);
  }

  onTick(nowMs: number): void {
    const { clientGapMs, endpointGapMs, tunnelIdleMs } = this.#context.limits;
    if (this.#phase === "connecting" && nowMs >= this.#connectEndsMs) {
      this.#leaveEndpoint((endpoint) => endpoint.close());
      this.#onConnectFailure("connect-timeout");
    }
    if (this.#phase !== "open") return;
    const isForEndpoint = this.#endpoint !== undefined;
    if (nowMs - this.#toClient!.stalledSinceMs >= clientGapMs) this.#finish("client-slow");
    else if (isForEndpoint && nowMs - this.#toEndpoint!.stalledSinceMs >= endpointGapMs) this.#finish("answer-timeout");
    else if (nowMs - this.#movedMs >= tunnelIdleMs) this.#finish("passed");
  }

  /** As a tunnel of HTTP: it stays until its ends have ended, or the time for that is over. */
  drain(): void {}

  giveUp(): void {
    this.#finish("client-slow");
  }

  close(): void {
    this.#finish("shut-down");
  }

  /** Says by an alert that there is no handshake. */
  #refuse(reason: PassthroughResult & ResponseReason, alert: Buffer): void {
    this.client.send(alert, 0, alert.length);
    this.#finish(reason);
  }

  /** Ends the connection, and what there is of it to an endpoint. Does nothing where that was done. */
  #finish(result: PassthroughResult): void {
    if (this.#phase === "ended") return;
    const wasOpen = this.#phase === "open";
    const isProper = result === "passed" && this.#isWhole;
    this.#phase = "ended";
    this.#leaveEndpoint((endpoint) => (isProper ? endpoint.finish() : wasOpen ? endpoint.abort() : endpoint.close()));
    this.#held = [];
    this.#open?.release();
    // A client that still waits for something must not take the end for a proper one.
    if (wasOpen && !isProper) this.client.abort();
    else this.client.finish();
    this.#tell(result);
    if (this.#isClientGone) this.#onGone(this);
  }

  /** Each side has ended, and all that it has sent before was taken, as far as the other one is still there to take it. */
  get #isWhole(): boolean {
    const isForEndpoint = this.#endpoint !== undefined;
    const hasEndpointAll = !isForEndpoint || (this.#hasClientEnded && this.#toEndpoint!.isTaken);
    return this.#hasEndpointEnded && hasEndpointAll && (this.#isClientGone || this.#toClient!.isTaken);
  }

  #leaveEndpoint(how: (endpoint: Connection) => void): void {
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    if (endpoint !== undefined) how(endpoint);
  }

  #tell(result: PassthroughResult): void {
    const { counters, clockMs } = this.#context;
    counters.countPassthrough(result);
    const endedMs = clockMs();
    const tries = this.#tries;
    const [status, reason] = result === "passed" ? [200, undefined] : [RESPONSE_REASONS[result].status, result];
    tries?.attempts?.fails(status, endedMs);
    logUnread(this.#context, {
      client: this.client.remoteAddress,
      serverName: this.#to.serverName,
      rule: this.#to.rule,
      endpoint: tries?.last === undefined ? "" : printEndpoint(tries.last),
      attempts: tries?.attempts,
      status,
      reason,
      sentBytes: this.#toClient?.bytes ?? 0,
      receivedBytes: this.#toEndpoint?.bytes ?? 0,
      durationMs: endedMs - this.#beganMs,
      endedMs,
    });
  }
}

function tlsAlert(description: number): Buffer {
  return Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, description]);
}

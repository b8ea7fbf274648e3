import { LAST_REQUEST_MS } from "#ingress/engine/limits.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import type { ConnectionSession } from "#ingress/engine/connection-session.ts";
import type { Connection } from "#ingress/io/connection.ts";

/** What HTTP/2 begins with (RFC 9113 section 3.4), and no method of HTTP/1.1 that is registered. */
const BEGINNING = Buffer.from("PRI ");

/** A client without TLS that may know before that HTTP/2 is spoken here: its first bytes tell. */
export class FirstBytes implements ConnectionSession {
  unsentSinceMs = Number.POSITIVE_INFINITY;
  readonly #connection: Connection;
  readonly #open: (isHttp2: boolean) => ConnectionSession;
  readonly #onGone: (session: ConnectionSession) => void;
  readonly #deadlineMs: number;
  readonly #context: Pick<EngineContext, "limits" | "nowMs">;
  readonly #beganMs: number;
  #matched = 0;
  #session: ConnectionSession | undefined;

  /** `open` gives the session for the protocol that the client speaks; `onGone` is for a client that has said nothing. */
  constructor(
    context: Pick<EngineContext, "limits" | "nowMs">,
    connection: Connection,
    open: (isHttp2: boolean) => ConnectionSession,
    onGone: (session: ConnectionSession) => void,
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#open = open;
    this.#onGone = onGone;
    this.#beganMs = context.nowMs;
    this.#deadlineMs = context.nowMs + context.limits.headMs;
  }

  get client(): Connection {
    return this.#connection;
  }

  get requestCount(): number {
    return this.#session?.requestCount ?? 0;
  }

  get mayGiveWay(): boolean {
    return this.#session?.mayGiveWay ?? true;
  }

  /** None: what is here is a part of four bytes. */
  get unsentBytes(): number {
    return this.#session?.unsentBytes ?? 0;
  }

  onTick(nowMs: number): void {
    if (this.#session !== undefined) this.#session.onTick(nowMs);
    else if (nowMs >= this.#deadlineMs) this.close();
  }

  drain(isLast: boolean): void {
    if (this.#session !== undefined) this.#session.drain(isLast);
    else if (isLast && this.#context.nowMs >= this.#beganMs + LAST_REQUEST_MS) this.close();
  }

  giveUp(): void {
    this.#session?.giveUp();
  }

  close(): void {
    if (this.#session !== undefined) {
      this.#session.close();
      return;
    }
    this.#connection.close();
    this.#onGone(this);
  }

  onData(bytes: Buffer, start: number, end: number): boolean {
    if (this.#session !== undefined) return this.#session.onData(bytes, start, end);
    let at = start;
    while (at < end && this.#matched < BEGINNING.length && bytes[at] === BEGINNING[this.#matched]) {
      at += 1;
      this.#matched += 1;
    }
    const isHttp2 = this.#matched === BEGINNING.length;
    if (at === end && !isHttp2) return false;
    const session = this.#open(isHttp2);
    this.#session = session;
    if (this.#matched === at - start) return session.onData(bytes, start, end);
    const all = Buffer.concat([BEGINNING.subarray(0, this.#matched), bytes.subarray(at, end)]);
    session.onData(all, 0, all.length);
    return false;
  }

  onEnd(): void {
    if (this.#session !== undefined) this.#session.onEnd();
    else this.close();
  }

  onDrain(): void {
    this.#session?.onDrain();
  }

  onClose(error: Error | undefined): void {
    if (this.#session !== undefined) this.#session.onClose(error);
    else this.#onGone(this);
  }
}

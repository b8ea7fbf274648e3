import { type ClientHttp2Session, connect } from "node:http2";
import type { ApiConfig } from "./api-config.ts";
import { afterPause, backOffMs, pause, type Timing } from "./timing.ts";

/** As Go's client does, so that a dead connection is found within half a minute. */
const PING_EVERY_MS = 15_000;
const PING_DEADLINE_MS = 15_000;
const CONNECT_DEADLINE_MS = 10_000;
/** Bytes under way: a page of objects has about a megabyte, and the protocol's 64 KiB would make it wait. */
const STREAM_WINDOW_BYTES = 1 << 20;
const SESSION_WINDOW_BYTES = 4 << 20;

/** The one HTTP/2 connection to the API server, made when it is needed and made anew when it breaks. */
export class ApiConnection {
  readonly #config: ApiConfig;
  readonly #timing: Timing;
  readonly #closing = new AbortController();
  /** The one in use, and those that still carry watches after the server asked us to leave. */
  readonly #sessions = new Set<ClientHttp2Session>();
  #current: ClientHttp2Session | undefined;
  #connecting: Promise<ClientHttp2Session> | undefined;
  #failures = 0;

  constructor(config: ApiConfig, timing: Timing) {
    this.#config = config;
    this.#timing = timing;
  }

  /** A session that takes requests. After failures it comes with a growing delay. Rejects if there is none to be had. */
  async session(): Promise<ClientHttp2Session> {
    const session = this.#current;
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  close(): void {
    this.#closing.abort();
    for (const session of this.#sessions) session.destroy();
  }

  async #connect(): Promise<ClientHttp2Session> {
    await pause(this.#timing, backOffMs(this.#failures, this.#timing.chance()), this.#closing.signal);
    try {
      const session = await this.#open();
      this.#failures = 0;
      this.#current = session;
      void this.#keepAlive(session);
      return session;
    } catch (error) {
      this.#failures += 1;
      throw error;
    }
  }

  async #open(): Promise<ClientHttp2Session> {
    const tls = await this.#config.tls();
    if (this.#closing.signal.aborted) throw failure("ECANCELED", "the source is closed");
    const settings = { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES };
    const session = connect(this.#config.server, { ...tls, settings });
    this.#sessions.add(session);
    session.on("close", () => this.#sessions.delete(session));
    const opened = Promise.withResolvers<void>();
    session.once("connect", () => opened.resolve());
    session.once("close", () => opened.reject(failure("ECONNRESET", "the connection closed")));
    // Stays: an error of a session without a listener would end the program. Its streams tell the callers.
    session.on("error", (error) => opened.reject(error));
    const done = new AbortController();
    void afterPause(this.#timing, CONNECT_DEADLINE_MS, {
      signal: done.signal,
      run: () => session.destroy(failure("ETIMEDOUT", "no connection within 10 s")),
    });
    try {
      await opened.promise;
    } finally {
      done.abort();
    }
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    return session;
  }

  /** Pings until the session ends, and ends it when an answer stays away. */
  async #keepAlive(session: ClientHttp2Session): Promise<void> {
    const ended = new AbortController();
    session.once("close", () => ended.abort());
    while (!ended.signal.aborted) {
      await pause(this.#timing, PING_EVERY_MS, ended.signal);
      if (ended.signal.aborted) return;
      const answered = new AbortController();
      if (session.ping(() => answered.abort()))
        await pause(this.#timing, PING_DEADLINE_MS, AbortSignal.any([answered.signal, ended.signal]));
      if (!answered.signal.aborted && !session.destroyed)
        session.destroy(failure("ETIMEDOUT", "the API server does not answer a PING"));
    }
  }
}

/** An error of a connection, with its code. */
export function failure(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { Socket } from "node:net";
import { afterPause, pause, type Timing } from "./timing.ts";
import { type ApiExchange, failure, type Head, type Transport, UNSENT } from "./transport.ts";

/** As Go's client does, so that a dead connection is found within half a minute. */
const PING_EVERY_MS = 15_000;
const PING_DEADLINE_MS = 15_000;
/** Bytes under way: a page of objects has about a megabyte, and the protocol's 64 KiB would make it wait. */
const STREAM_WINDOW_BYTES = 1 << 20;
const SESSION_WINDOW_BYTES = 4 << 20;
/** Codes of errors after which a request certainly was not carried out: the server had asked for another connection. */
const UNSENT_CODES: readonly unknown[] = ["ERR_HTTP2_GOAWAY_SESSION", "ERR_HTTP2_INVALID_SESSION"];

/** One HTTP/2 connection. */
export class Http2Transport implements Transport {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  /**
   * Speaks HTTP/2 on a connected socket. Resolves once the server has spoken it too (RFC 9113 section 3.4); rejects if
   * it says something else, or nothing within the time.
   */
  static async open(
    socket: Socket,
    options: { server: string; deadlineMs: number; timing: Timing },
  ): Promise<Transport> {
    const { server, deadlineMs, timing } = options;
    const settings = { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES };
    const session = connect(server, { createConnection: () => socket, settings });
    const greeted = Promise.withResolvers<void>();
    session.once("remoteSettings", () => greeted.resolve());
    session.once("close", () => greeted.reject(failure("ECONNRESET", "the connection closed")));
    // It stays, because an error of a session without a listener would end the program. Its streams notify the callers.
    session.on("error", (error) => greeted.reject(error));
    const done = new AbortController();
    void afterPause(timing, deadlineMs, {
      signal: done.signal,
      run: () => session.destroy(failure("ETIMEDOUT", "the API server accepts the connection and says nothing")),
    });
    try {
      await greeted.promise;
    } finally {
      done.abort();
    }
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    void keepAlive(session, timing);
    return new Http2Transport(session);
  }

  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  close(): void {
    this.#session.destroy();
  }

  async exchange({ method, path, headers, body, signal, ...on }: ApiExchange): Promise<Head> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Head>();
    const all = { ...(headers as Record<string, string | string[]>), ":method": method, ":path": path };
    const stream = request(this.#session, all, body === undefined);
    const abort = (): void => void stream.destroy(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    let head: Head | undefined;
    let hasEnded = false;
    stream.on("response", (answer) => {
      head = { status: answer[":status"] ?? 0, retryAfter: answer["retry-after"] };
      on.onHead?.(head.status);
    });
    stream.on("data", (chunk: Buffer) => {
      try {
        on.onData(head?.status ?? 0, chunk);
      } catch (error) {
        stream.destroy(error as Error);
      }
    });
    stream.on("end", () => (hasEnded = true));
    stream.on("error", (error) => {
      const isRefused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      reject(isRefused ? failure(UNSENT, "the API server refused the stream") : asUnsent(error));
    });
    stream.on("close", () => {
      if (head !== undefined && hasEnded && !stream.aborted && stream.rstCode === 0) resolve(head);
      else reject(failure("ECONNRESET", "the API server cut the answer"));
    });
    if (body !== undefined) stream.end(body);
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}

function request(session: ClientHttp2Session, headers: Record<string, string | string[]>, endStream: boolean) {
  try {
    return session.request(headers, { endStream });
  } catch (error) {
    throw asUnsent(error as Error);
  }
}

function asUnsent(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException;
  return UNSENT_CODES.includes(code) ? failure(UNSENT, error.message) : error;
}

/** Pings until the session ends, and ends it when an answer stays away. */
async function keepAlive(session: ClientHttp2Session, timing: Timing): Promise<void> {
  const ended = new AbortController();
  session.once("close", () => ended.abort());
  while (!session.destroyed) {
    await pause(timing, PING_EVERY_MS, ended.signal);
    // A session is destroyed some time before it says that it is closed, and one that is refuses a PING by throwing.
    if (session.destroyed) return;
    const answered = new AbortController();
    if (session.ping(() => answered.abort()))
      await pause(timing, PING_DEADLINE_MS, AbortSignal.any([answered.signal, ended.signal]));
    if (!answered.signal.aborted && !session.destroyed)
      session.destroy(failure("ETIMEDOUT", "the API server does not answer a PING"));
  }
}

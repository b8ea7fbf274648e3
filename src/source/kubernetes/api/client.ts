import { version } from "#src/process/version.ts";
import type { ApiConfig } from "./api-config.ts";
import { ApiConnection } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import { LineSplitter } from "./line-splitter.ts";
import { withoutManagedFields } from "./managed-fields.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { pause, type Timing } from "./timing.ts";
import { type ApiExchange, failure, UNSENT } from "./transport.ts";
import { Turnstile } from "./turnstile.ts";

/** Requests under way at once, without watches: fewer than a server's streams of one connection (100 and up). */
const MAX_IN_FLIGHT = 32;
/** All there is to one request, waiting included. */
const DEADLINE_MS = 30_000;
/** An answer longer than this is refused: some 50 times a page of 500 Services. */
const MAX_BODY_BYTES = 64 << 20;

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** From `/api/v1/...` on, with the query. */
  readonly path: string;
  readonly body?: unknown;
  /** Of the body; JSON by default. */
  readonly contentType?: string | undefined;
  /** Whether the answer shall have `metadata.managedFields`; by default it has not. */
  readonly keepsManagedFields?: boolean | undefined;
  /** The answer is text, as logs and metrics are, and the body is that text. */
  readonly isText?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Asked just before it is sent, each time: a process that stood still hears of aborts late. False: it is not sent. */
  readonly isWanted?: (() => boolean) | undefined;
}

export interface WatchRequest {
  readonly path: string;
  /** Whether the events shall have `metadata.managedFields`; by default they have not. */
  readonly keepsManagedFields?: boolean | undefined;
  readonly signal: AbortSignal;
  /** The server took the request: lines may come. */
  onStart(): void;
  /** Gets whole lines, as many as came at once. */
  onLines(lines: readonly string[]): void;
}

/** How often a request is sent that certainly was not carried out before. */
const MAX_ATTEMPTS = 3;

/** A thin client of the Kubernetes API: JSON over one HTTP/2 connection, or HTTP/1.1 where that is refused. */
export class ApiClient {
  readonly #config: ApiConfig;
  readonly #timing: Timing;
  readonly #connection: ApiConnection;
  readonly #turnstile = new Turnstile(MAX_IN_FLIGHT);
  readonly #closing = new AbortController();
  readonly #deadlines: Deadlines;
  readonly #basePath: string;

  constructor(config: ApiConfig, timing: Timing) {
    this.#config = config;
    this.#timing = timing;
    this.#connection = new ApiConnection(config, timing);
    const late = (): Error => failure("ETIMEDOUT", `no answer within ${DEADLINE_MS / 1_000} s`);
    this.#deadlines = new Deadlines({ timing, ms: DEADLINE_MS, late });
    this.#basePath = new URL(config.server).pathname.replace(/\/$/, "");
  }

  /** The API server's URL, for people. */
  get server(): string {
    return this.#config.server;
  }

  /**
   * One request. Where the server asks for patience (429, Retry-After) it is sent again while there is time. Rejects
   * when no answer came: then it is unknown whether the request was carried out.
   */
  async request(request: ApiRequest): Promise<Outcome> {
    return this.#deadlines.run(request.signal, async (signal) =>
      this.#turnstile.pass(signal, async () => {
        let isRefused = false;
        for (let attempts = 1; ; attempts++) {
          const outcome = await this.#try(request, signal, isRefused).catch(unlessUnsent(attempts));
          if (outcome === undefined) continue;
          if (outcome.kind === "refused" && outcome.status === 401 && !isRefused) {
            isRefused = true;
            this.#connection.renew();
          } else if (outcome.kind !== "busy") return outcome;
          else await pause(this.#timing, outcome.retryAfterMs + this.#timing.chance() * 250, signal);
          if (signal.aborted) return outcome;
        }
      }),
    );
  }

  /** A watch: resolves with how it ended (`ok`: as the server planned); rejects when it was cut. */
  async watch({ path, keepsManagedFields = false, signal, onStart, onLines }: WatchRequest): Promise<Outcome> {
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    const transport = await untilAborted(this.#connection.transport(), ended);
    const request = await this.#request("GET", path, false);
    const splitter = new LineSplitter(textOf(keepsManagedFields));
    const refusal: Buffer[] = [];
    const head = await transport.exchange({
      ...request,
      signal: ended,
      onHead: (status) => {
        if (status === 200) onStart();
      },
      onData: (status, chunk) => {
        const lines = status === 200 ? splitter.push(chunk) : [];
        if (status !== 200) refusal.push(chunk);
        if (lines.length > 0) onLines(lines);
      },
    });
    if (head.status === 200) return { kind: "ok", body: undefined };
    if (head.status === 401) await this.#logInAgain();
    return outcomeOf(head.status, head.retryAfter, Buffer.concat(refusal).toString());
  }

  /** Ends everything at once. */
  close(): void {
    this.#closing.abort();
    this.#deadlines.close();
    this.#connection.close();
  }

  async #try(request: ApiRequest, signal: AbortSignal, isRefused: boolean): Promise<Outcome> {
    const { method, path, body, contentType = "application/json", keepsManagedFields = false } = request;
    const { isText = false } = request;
    const { transport, headers: common, ...line } = await untilAborted(this.#prepare(method, path, isRefused), signal);
    const headers = isText ? { ...common, accept: "*/*" } : common;
    if (request.isWanted?.() === false) throw failure("ECANCELED", "it is no longer wanted");
    const chunks: Buffer[] = [];
    let length = 0;
    const head = await transport.exchange({
      ...line,
      headers: body === undefined ? headers : { ...headers, "content-type": contentType },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      onData: (_, chunk) => {
        length += chunk.length;
        if (length > MAX_BODY_BYTES) throw failure("EMSGSIZE", "the answer is too long");
        chunks.push(chunk);
      },
    });
    if (isText && head.status === 200) return { kind: "ok", body: joined(chunks).toString() };
    return outcomeOf(head.status, head.retryAfter, textOf(keepsManagedFields)(joined(chunks)));
  }

  /** The connection, and then the token: one that was read before a long wait for a connection could be too old. */
  async #prepare(method: string, path: string, isRefused: boolean) {
    const transport = await this.#connection.transport();
    return { transport, ...(await this.#request(method, path, isRefused)) };
  }

  async #request(
    method: string,
    path: string,
    isRefused: boolean,
  ): Promise<Pick<ApiExchange, "method" | "path" | "headers">> {
    const token = await this.#config.token(isRefused);
    const headers = {
      accept: "application/json",
      "user-agent": `hawser/${version}`,
      ...this.#config.headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    return { method, path: this.#basePath + path, headers };
  }

  async #logInAgain(): Promise<void> {
    this.#connection.renew();
    await this.#config.token(true);
  }
}

/** Most answers come in one piece, which need not be copied. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}

function textOf(keepsManagedFields: boolean): (json: Buffer) => string {
  return keepsManagedFields ? (json) => json.toString() : withoutManagedFields;
}

/** For `catch`: undefined says that the request may be sent again; other errors are thrown on. */
function unlessUnsent(attempts: number): (error: unknown) => undefined {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (attempts >= MAX_ATTEMPTS || code !== UNSENT) throw error;
    return undefined;
  };
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

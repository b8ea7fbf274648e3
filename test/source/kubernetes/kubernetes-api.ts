import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { once } from "node:events";

/** A request as a scripted API server got it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  readonly stream: ServerHttp2Stream;
  readonly session: ServerHttp2Session;
  /** Sends an answer and ends it. */
  answer(status: number, body: unknown, headers?: Readonly<Record<string, string>>): void;
  /** Begins the answer of a watch. */
  begin(): void;
  /** Sends whole lines of a watch. */
  events(...events: readonly (readonly [type: string, object: unknown])[]): void;
}

/** Whether it is asked for its version only. */
export function isCheck({ query }: Received): boolean {
  return query.get("limit") === "1";
}

/** An API server that does what the test says: `answer` gets each request, and may leave it without an answer. */
export class ScriptedApi implements AsyncDisposable {
  readonly received: Received[] = [];
  readonly sessions = new Set<ServerHttp2Session>();
  answer: (request: Received) => void = () => undefined;
  readonly #server: Http2Server = createServer();

  static async start(): Promise<ScriptedApi> {
    const api = new ScriptedApi();
    api.#server.on("session", (session) => {
      api.sessions.add(session);
      session.on("close", () => api.sessions.delete(session));
      session.on("error", () => undefined);
    });
    api.#server.on("stream", (stream, headers) => void api.#take(stream as ServerHttp2Stream, headers));
    api.#server.listen(0, "127.0.0.1");
    await once(api.#server, "listening");
    return api;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get watches(): readonly Received[] {
    return this.received.filter(({ query }) => query.get("watch") === "1");
  }

  get lists(): readonly Received[] {
    return this.received.filter(
      (request) => request.method === "GET" && !request.query.has("watch") && !isCheck(request),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.sessions) session.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on("error", () => undefined);
    const { session } = stream;
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    const url = new URL(headers[":path"] ?? "/", this.url);
    const text = Buffer.concat(chunks).toString();
    const write = (data: string): void => void (stream.destroyed || stream.write(data));
    const request: Received = {
      method: headers[":method"] ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers,
      body: text === "" ? undefined : (JSON.parse(text) as unknown),
      stream,
      session: session as ServerHttp2Session,
      answer: (status, body, more = {}) => {
        if (stream.destroyed) return;
        stream.respond({ ":status": status, "content-type": "application/json", ...more });
        stream.end(typeof body === "string" ? body : JSON.stringify(body));
      },
      begin: () => stream.respond({ ":status": 200, "content-type": "application/json" }),
      events: (...events) => write(events.map(([type, object]) => `${JSON.stringify({ type, object })}\n`).join("")),
    };
    this.received.push(request);
    this.answer(request);
  }
}

/** Time that passes only when the test says so. */
export class ManualTime {
  nowMs = 0;
  /** How long each wait was to be, oldest first. */
  readonly asked: number[] = [];
  readonly #waiting = new Set<{ readonly dueMs: number; readonly resolve: () => void }>();

  delay = async (ms: number, signal: AbortSignal): Promise<void> => {
    this.asked.push(ms);
    await new Promise<void>((resolve) => {
      const wait = { dueMs: this.nowMs + ms, resolve };
      this.#waiting.add(wait);
      signal.addEventListener("abort", () => {
        this.#waiting.delete(wait);
        resolve();
      });
    });
  };

  /** Whether somebody waits for so long. */
  isAwaited(ms: number): boolean {
    return [...this.#waiting].some(({ dueMs }) => dueMs === this.nowMs + ms);
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (const wait of this.#waiting) {
      if (wait.dueMs > this.nowMs) continue;
      this.#waiting.delete(wait);
      wait.resolve();
    }
  }
}

/** A cable to a server, which can be cut so that neither end learns of it. */
export class Cable implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  readonly #server;
  connections = 0;
  isCut = false;

  constructor(port: number) {
    this.#server = createTcpServer((near) => {
      this.connections += 1;
      const far = connect(port, "127.0.0.1");
      const isCutFor = (): boolean => this.isCut;
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on("data", (data) => void (isCutFor() || to.write(data)));
        from.on("close", () => to.destroy());
        from.on("error", () => undefined);
      }
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

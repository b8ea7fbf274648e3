import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import { createServer } from "node:https";
import type { Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { API_SERVER_NAME } from "#lab/cluster/cluster-api.ts";
import { clusterFiles } from "#lab/cluster/cluster-files.ts";
import { type RelayEnd, relayPort } from "#lab/cluster/open-relay.ts";
import type { Cluster } from "#lab/cluster/cluster.ts";
import { FaultFront } from "./fault-front.ts";

/** A request as the proxy saw it. */
export interface SeenRequest {
  /** `performance.now()` when it came. */
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly isWatch: boolean;
}

export type FaultAction =
  /** Answered by the proxy; the API server never sees it. */
  | { readonly kind: "answer"; readonly status: number; readonly retryAfterSeconds?: number }
  /** Passed on later. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Taken, and never answered. */
  | { readonly kind: "silence" }
  /** Cut before it is passed on. */
  | { readonly kind: "reset" }
  /** Passed on, and its answer lost: it was carried out, and who asked cannot know. */
  | { readonly kind: "lose" }
  /** Answered a few bytes at a time. */
  | { readonly kind: "drip"; readonly bytes: number; readonly everyMs: number };

export interface Fault {
  /** All requests where left out. */
  readonly when?: (request: SeenRequest) => boolean;
  /** Of those, from 0 to 1, evenly spread; all where left out. */
  readonly share?: number;
  readonly action: FaultAction;
}

interface Watch {
  readonly answer: Answer;
  /** Half of the next event is the last that comes. */
  endsInLine: boolean;
}

type Answer = ServerResponse | Http2ServerResponse;

/** Headers that are passed on to the API server, and back. */
const PASSED = ["accept", "accept-encoding", "authorization", "content-type", "user-agent"] as const;
const PASSED_BACK = ["content-type", "content-encoding", "retry-after"] as const;
const EXPIRED = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", reason: "Expired", code: 410 };

export interface FaultProxyOptions {
  readonly cluster: Cluster;
  /** The cluster's directory: the proxy shows the API server's own certificate. */
  readonly directory: string;
  /** Where it listens; a free port of this process's loopback by default. */
  readonly listen?: RelayEnd;
  /** What it speaks to clients: both, or only HTTP/1.1. */
  readonly protocol?: "h2" | "http/1.1";
}

/**
 * A proxy in front of a real API server that fails as a test says: `faults` for requests, `front` for connections,
 * and methods for watches. It does not retry: where the API server is gone, connections are cut.
 * @example proxy.faults = [{ when: ({ method }) => method === "PATCH", share: 0.5, action: { kind: "answer", status: 409 } }];
 */
export class FaultProxy implements Disposable {
  /** The first that matches a request counts. */
  faults: readonly Fault[] = [];
  /** All requests so far, oldest first. */
  readonly requests: SeenRequest[] = [];
  readonly front: FaultFront;
  /** Requests that a fault met, and watches ended, so far. */
  hits = 0;
  readonly #options: FaultProxyOptions;
  readonly #server: Server;
  readonly #watches = new Set<Watch>();
  /** Of each fault, how much of the next hit has gathered. */
  readonly #shares = new Map<Fault, number>();
  #upstream: ClientHttp2Session | undefined;

  private constructor(options: FaultProxyOptions, server: Server, front: FaultFront) {
    this.#options = options;
    this.#server = server;
    this.front = front;
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const { certificates } = clusterFiles(options.directory);
    const pair = {
      cert: readFileSync(join(certificates, "apiserver.crt")),
      key: readFileSync(join(certificates, "apiserver.key")),
    };
    const server: Server =
      options.protocol === "http/1.1"
        ? createServer({ ...pair, ALPNProtocols: ["http/1.1"] })
        : createSecureServer({ ...pair, allowHTTP1: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const listen = options.listen ?? { host: "127.0.0.1", port: 0 };
    const front = await FaultFront.start(listen, { host: "127.0.0.1", port: relayPort(server) });
    const proxy = new FaultProxy(options, server, front);
    server.on("request", (request: IncomingMessage | Http2ServerRequest, answer: Answer) => {
      request.on("error", () => undefined);
      answer.on("error", () => undefined);
      proxy.#take(request, answer).catch(() => cut(answer));
    });
    return proxy;
  }

  /** Where clients of this process find it. */
  get url(): string {
    return `https://127.0.0.1:${this.front.port}`;
  }

  /** How many watches are open through it. */
  get watches(): number {
    return this.#watches.size;
  }

  /** Ends all watches: at once, by a cut, or as soon as the next event comes, in the middle of its line. */
  cutWatches(how: "now" | "in a line" = "now"): void {
    this.hits += this.#watches.size;
    for (const watch of this.#watches) {
      if (how === "now") cut(watch.answer);
      else watch.endsInLine = true;
    }
  }

  /** Tells all watches that they are too old (410 Gone), as after a compaction. */
  expireWatches(): void {
    const line = `${JSON.stringify({ type: "ERROR", object: EXPIRED })}\n`;
    this.hits += this.#watches.size;
    for (const { answer } of this.#watches) (answer as ServerResponse).end(line);
  }

  [Symbol.dispose](): void {
    this.front[Symbol.dispose]();
    this.#upstream?.destroy();
    this.#server.close();
  }

  async #take(request: IncomingMessage | Http2ServerRequest, answer: Answer): Promise<void> {
    const path = request.url ?? "/";
    const isWatch = new URL(path, this.url).searchParams.get("watch") === "1";
    const seen: SeenRequest = { atMs: performance.now(), method: request.method ?? "GET", path, isWatch };
    this.requests.push(seen);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const action = this.#actionFor(seen);
    if (action?.kind === "silence") return;
    if (action?.kind === "reset") return cut(answer);
    if (action?.kind === "answer") return refuse(answer, action);
    if (action?.kind === "delay") await sleep(action.ms);
    await this.#pass({ request, seen, body: Buffer.concat(chunks), action }, answer);
  }

  /** Evenly spread, so that a share of a half is every second request. */
  #actionFor(seen: SeenRequest): FaultAction | undefined {
    const fault = this.faults.find(({ when }) => when?.(seen) ?? true);
    if (fault === undefined) return undefined;
    const gathered = (this.#shares.get(fault) ?? 0) + (fault.share ?? 1);
    const isHit = gathered >= 1;
    this.#shares.set(fault, isHit ? gathered - 1 : gathered);
    if (isHit) this.hits += 1;
    return isHit ? fault.action : undefined;
  }

  async #pass({ request, seen, body, action }: Passing, answer: Answer): Promise<void> {
    const upstream = await this.#connect();
    const headers = pick(request.headers, PASSED);
    const line = { ":method": seen.method, ":path": seen.path, ":authority": API_SERVER_NAME };
    const stream = upstream.request({ ...headers, ...line }, { endStream: body.length === 0 });
    const watch: Watch = { answer, endsInLine: false };
    answer.on("close", () => {
      this.#watches.delete(watch);
      stream.close();
    });
    stream.on("error", () => cut(answer));
    stream.on("response", (head) => {
      if (seen.isWatch) this.#watches.add(watch);
      if (action?.kind !== "lose") (answer as ServerResponse).writeHead(head[":status"] ?? 0, pick(head, PASSED_BACK));
    });
    if (body.length > 0) stream.end(body);
    let isCut = false;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (isCut || action?.kind === "lose") continue;
      isCut = watch.endsInLine;
      if (isCut) (answer as ServerResponse).end(chunk.subarray(0, chunk.length / 2));
      else if (action?.kind === "drip") await drip(answer, chunk, action);
      else (answer as ServerResponse).write(chunk);
    }
    if (action?.kind === "lose" || stream.rstCode !== 0) cut(answer);
    else if (!isCut) (answer as ServerResponse).end();
  }

  async #connect(): Promise<ClientHttp2Session> {
    if (this.#upstream !== undefined && !this.#upstream.closed && !this.#upstream.destroyed) return this.#upstream;
    const { cluster } = this.#options;
    const tls = { ca: readFileSync(cluster.caFile), servername: API_SERVER_NAME, ALPNProtocols: ["h2"] };
    const session = connect(`https://${API_SERVER_NAME}`, {
      createConnection: () => connectTls({ ...cluster.end, ...tls }),
    });
    this.#upstream = session;
    session.on("error", () => undefined);
    // A server that died takes the connections with it.
    session.on("close", () => this.front.cut());
    return Promise.resolve(session);
  }
}

interface Passing {
  readonly request: IncomingMessage | Http2ServerRequest;
  readonly seen: SeenRequest;
  readonly body: Buffer;
  readonly action: FaultAction | undefined;
}

type Headers = Readonly<Record<string, string | string[] | number | undefined>>;

function pick(headers: object, names: readonly string[]): Record<string, string> {
  const all = headers as Headers;
  return Object.fromEntries(names.flatMap((name) => (all[name] === undefined ? [] : [[name, String(all[name])]])));
}

function refuse(
  answer: Answer,
  { status, retryAfterSeconds }: { readonly status: number; readonly retryAfterSeconds?: number },
): void {
  const retry = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  (answer as ServerResponse).writeHead(status, { "content-type": "application/json", ...retry });
  const message = "the fault proxy says so";
  answer.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code: status, message }));
}

async function drip(
  answer: Answer,
  chunk: Buffer,
  { bytes, everyMs }: { readonly bytes: number; readonly everyMs: number },
): Promise<void> {
  for (let at = 0; at < chunk.length && !answer.destroyed; at += bytes) {
    (answer as ServerResponse).write(chunk.subarray(at, at + bytes));
    await sleep(everyMs);
  }
}

/** Cuts one exchange: a stream of HTTP/2, or the connection of HTTP/1.1. */
function cut(answer: Answer): void {
  if ("stream" in answer) answer.stream?.close(2);
  else answer.socket?.resetAndDestroy();
}

import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { createSecureContext } from "node:tls";
import type { Registry } from "prom-client";
import type { Parsed } from "#src/model/problem.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import { type ListenHandle, listenWithRetry } from "./listen.ts";
import type { Logger } from "./log.ts";
import { bearerOf } from "./open-token-file.ts";

/** Scrapes are short: a client that takes longer for its part is closed. */
const SILENCE_MS = 5_000;
/** More than all Prometheus of a cluster need; bounds what a stranger can open. */
const MAX_CONNECTIONS = 64;
/** How often the files of the certificate are looked at. */
const RELOAD_MS = 30_000;

/** Whether who shows a token may read the metrics; `unknown`: it cannot be found out now. */
export type ScrapeVerdict = "allowed" | "unauthenticated" | "forbidden" | "unknown";

/** The status and words of each answer but `allowed`. */
const REFUSALS = {
  unauthenticated: [401, "unauthorized\n"],
  forbidden: [403, "forbidden: needs get on the nonResourceURL /metrics\n"],
  unknown: [503, "the API server does not say whether this is allowed\n"],
} as const satisfies Readonly<Record<Exclude<ScrapeVerdict, "allowed">, readonly [number, string]>>;

export interface MetricsServerOptions {
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
  readonly address: string;
  /** Files of PEM; they may change while the program runs. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly judge: (token: string) => Promise<ScrapeVerdict>;
  readonly log: Logger;
  readonly reloadMs?: number | undefined;
}

/** Serves `/metrics` and nothing else, over TLS, to who may read it. */
export interface MetricsServer {
  /** Begins to listen. Resolves with the port once it does. */
  start(registry: Registry): Promise<number>;
  close(): Promise<void>;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A server that can start; or why its certificate cannot be used. */
export async function openMetricsServer(options: MetricsServerOptions): Promise<Parsed<MetricsServer>> {
  const { certFile, keyFile } = options;
  try {
    return { ok: true, value: new TlsMetricsServer(options, await readPair(options)), problems: [] };
  } catch (error) {
    const at = { kind: "option", names: ["--metrics-tls-cert-file", "--metrics-tls-key-file"] } as const;
    const what = `Cannot use ${JSON.stringify(certFile)} and ${JSON.stringify(keyFile)}`;
    const fix = "Name files with a certificate and its key, both as PEM";
    const why = (error as Error).message;
    return { ok: false, problems: [{ code: "OPTION_INVALID", at, what, why, fix, severity: "error" }] };
  }
}

/** Rejects where the files cannot be read, or do not go together. */
async function readPair({ certFile, keyFile }: MetricsServerOptions): Promise<Pair> {
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  createSecureContext({ cert, key });
  return { cert, key };
}

class TlsMetricsServer implements MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #server: Server;
  readonly #told = new ToldOnce();
  #pair: Pair;
  #handle: ListenHandle | undefined;
  #timer: NodeJS.Timeout | undefined;
  #registry: Registry | undefined;

  constructor(options: MetricsServerOptions, pair: Pair) {
    this.#options = options;
    this.#pair = pair;
    const limits = { headersTimeout: SILENCE_MS, requestTimeout: SILENCE_MS, keepAliveTimeout: SILENCE_MS };
    const tls = { ...pair, handshakeTimeout: SILENCE_MS, minVersion: "TLSv1.2" } as const;
    this.#server = createServer({ ...limits, ...tls, connectionsCheckingInterval: 1_000 }, (request, response) => {
      void this.#answer(request).then(([status, body, type]) => send(request, response, { status, body, type }));
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  async start(registry: Registry): Promise<number> {
    this.#registry = registry;
    const { port, address, log, reloadMs = RELOAD_MS } = this.#options;
    const bound = Promise.withResolvers<number>();
    this.#handle = listenWithRetry(this.#server, { port, address, log, name: "metrics", onListening: bound.resolve });
    this.#timer = setInterval(() => void this.#reload(), reloadMs).unref();
    return bound.promise;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const { listening } = this.#server;
    const closed = listening ? new Promise<void>((resolve) => this.#server.once("close", resolve)) : undefined;
    this.#handle?.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Takes a certificate that was renewed; one that cannot be used leaves the last one in use. */
  async #reload(): Promise<void> {
    const { log, certFile } = this.#options;
    try {
      const pair = await readPair(this.#options);
      this.#told.isNews("certificate", []);
      if (pair.cert === this.#pair.cert && pair.key === this.#pair.key) return;
      this.#server.setSecureContext(pair);
      this.#pair = pair;
      log.info({ file: certFile }, "the certificate of the metrics was replaced");
    } catch (err) {
      if (this.#told.isNews("certificate", [(err as Error).message]))
        log.warn({ err, file: certFile }, "cannot read the certificate of the metrics, the last one stays in use");
    }
  }

  async #answer({ method, url = "/", headers }: IncomingMessage): Promise<readonly [number, string, string?]> {
    if (url.split("?", 1)[0] !== "/metrics") return [404, "not found; try /metrics\n"];
    if (method !== "GET" && method !== "HEAD") return [405, "only GET and HEAD\n"];
    try {
      const token = bearerOf(headers.authorization);
      const verdict = token === "" ? "unauthenticated" : await this.#options.judge(token);
      if (verdict !== "allowed") return REFUSALS[verdict];
      const registry = this.#registry;
      if (registry === undefined) return REFUSALS.unknown;
      return [200, await registry.metrics(), registry.contentType];
    } catch (err) {
      this.#options.log.error({ err }, "cannot answer a request for metrics");
      return [500, "internal error\n"];
    }
  }
}

function send(
  { method }: IncomingMessage,
  response: ServerResponse,
  answer: { readonly status: number; readonly body: string; readonly type: string | undefined },
): void {
  const { status, body, type = "text/plain; charset=utf-8" } = answer;
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
  });
  response.end(method === "HEAD" ? undefined : body);
}

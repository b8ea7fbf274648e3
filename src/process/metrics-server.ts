import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Registry } from "prom-client";
import type { AccessVerdict } from "#src/model/access-verdict.ts";
import type { Parsed } from "#src/model/problem.ts";
import {
  type CertificateFiles,
  type CertificatePair,
  certificateUnusable,
  keepCertificate,
  readCertificatePair,
} from "./certificate-files.ts";
import { closeServer } from "./close-server.ts";
import { type ListenHandle, listenWithRetry } from "./listen.ts";
import type { Logger } from "./log.ts";
import { bearerOf } from "./open-token-file.ts";
import { printMetrics } from "./print-metrics.ts";
import { sendSlices, type SlicedAnswer } from "./send-slices.ts";
import { pathOf, plain, refusedMethod, sendShortAnswer, type ShortAnswer } from "./short-answer.ts";

/** Scrapes are short: a client that takes longer for its part is closed. */
const SILENCE_MS = 5_000;
/** More than all Prometheus of a cluster need; bounds what a stranger can open. */
const MAX_CONNECTIONS = 64;

/** What who is not allowed is answered. */
const REFUSALS: Readonly<Record<Exclude<AccessVerdict, "allowed">, ShortAnswer>> = {
  unauthenticated: plain("unauthorized\n", 401),
  forbidden: plain("forbidden: needs get on the nonResourceURL /metrics\n", 403),
  unknown: plain("the API server does not say whether this is allowed\n", 503),
};

export interface MetricsServerOptions extends CertificateFiles {
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
  readonly address: string;
  /** Judges the token that a client at this address shows. */
  readonly judge: (token: string, from: string) => Promise<AccessVerdict>;
  readonly log: Logger;
  readonly reloadMs?: number | undefined;
}

/** Serves `/metrics` and nothing else, over TLS, to who may read it. */
export interface MetricsServer {
  /** Begins to listen. Resolves with the port once it does. */
  start(registry: Registry): Promise<number>;
  close(): Promise<void>;
}

/** A server that can start; or why its certificate cannot be used. */
export async function openMetricsServer(options: MetricsServerOptions): Promise<Parsed<MetricsServer>> {
  try {
    return { ok: true, value: new TlsMetricsServer(options, await readCertificatePair(options)), problems: [] };
  } catch (error) {
    const names = ["--metrics-tls-cert-file", "--metrics-tls-key-file"];
    return { ok: false, problems: [certificateUnusable(names, options, error as Error)] };
  }
}

class TlsMetricsServer implements MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #server: Server;
  readonly #pair: CertificatePair;
  #handle: ListenHandle | undefined;
  #stopReloading: (() => void) | undefined;
  #registry: Registry | undefined;

  constructor(options: MetricsServerOptions, pair: CertificatePair) {
    this.#options = options;
    this.#pair = pair;
    const limits = { headersTimeout: SILENCE_MS, requestTimeout: SILENCE_MS, keepAliveTimeout: SILENCE_MS };
    const tls = { ...pair, handshakeTimeout: SILENCE_MS, minVersion: "TLSv1.2" } as const;
    this.#server = createServer({ ...limits, ...tls, connectionsCheckingInterval: 1_000 }, (request, response) => {
      void this.#respond(request, response).catch((err: unknown) => {
        // The client went away, or took nothing.
        if (response.headersSent) return options.log.debug({ err }, "an answer ended early");
        options.log.error({ err }, "cannot answer a request for metrics");
        sendShortAnswer(request, response, plain("internal error\n", 500));
      });
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  async start(registry: Registry): Promise<number> {
    this.#registry = registry;
    const { port, address, log } = this.#options;
    const bound = Promise.withResolvers<number>();
    this.#handle = listenWithRetry(this.#server, { port, address, log, name: "metrics", onListening: bound.resolve });
    this.#stopReloading = keepCertificate(this.#server, { ...this.#options, pair: this.#pair, what: "the metrics" });
    return bound.promise;
  }

  async close(): Promise<void> {
    this.#stopReloading?.();
    if (this.#handle !== undefined) await closeServer(this.#server, this.#handle);
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request);
    if ("slices" in answer) await sendSlices(request, response, answer);
    else sendShortAnswer(request, response, answer);
  }

  async #answer(request: IncomingMessage): Promise<ShortAnswer | SlicedAnswer> {
    if (pathOf(request) !== "/metrics") return plain("not found; try /metrics\n", 404);
    const refused = refusedMethod(request);
    if (refused !== undefined) return refused;
    const token = bearerOf(request.headers.authorization);
    const from = request.socket.remoteAddress ?? "";
    const verdict = token === "" ? "unauthenticated" : await this.#options.judge(token, from);
    if (verdict !== "allowed") return REFUSALS[verdict];
    const registry = this.#registry;
    if (registry === undefined) return REFUSALS.unknown;
    return { contentType: registry.contentType, slices: printMetrics(registry) };
  }
}

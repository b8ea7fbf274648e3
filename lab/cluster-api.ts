import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { Socket } from "node:net";
import { connect } from "node:tls";
import type { RelayEnd } from "./cluster-relay.ts";

/** A name in the serving certificate that holds whichever way a client came: by address, relay or forwarded port. */
export const API_SERVER_NAME = "kubernetes.default.svc";
/** What is read of one answer: more than the largest list of a test. */
const ANSWER_LIMIT_BYTES = 64 << 20;
const TIMEOUT_MS = 30_000;

export interface ApiAnswer {
  readonly status: number;
  /** The object, list or Status; the text where it is no JSON. */
  readonly body: unknown;
}

export interface ApiRequest {
  /** Default GET, or POST where there is a body. */
  readonly method?: string;
  /** With its query: `/api/v1/namespaces/default/services?limit=1`. */
  readonly path: string;
  readonly body?: unknown;
  /** Default application/json; a patch names its own. */
  readonly contentType?: string;
  /** Bearer token instead of the client's own; empty sends none (anonymous). */
  readonly token?: string;
}

/** The lab's own client of an API server: one request, one answer, the certificate checked. Keeps connections open. */
export class ClusterApi {
  readonly #agent: Agent;
  readonly #token: string;

  /** `caFile` is read for each new connection, so it may appear later and may change. */
  constructor(options: { readonly end: RelayEnd; readonly caFile: string; readonly token: string }) {
    const { end, caFile, token } = options;
    this.#token = token;
    this.#agent = new Agent({ keepAlive: true });
    this.#agent.createConnection = (): Socket =>
      connect({ ...end, ca: readFileSync(caFile), servername: API_SERVER_NAME });
  }

  /** Rejects only when there is no answer: a refusal is an answer too. */
  request(wanted: ApiRequest): Promise<ApiAnswer> {
    const { path, body, token = this.#token } = wanted;
    const method = wanted.method ?? (body === undefined ? "GET" : "POST");
    const headers: Record<string, string> = { Accept: "application/json", Host: API_SERVER_NAME };
    if (token !== "") headers["Authorization"] = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = wanted.contentType ?? "application/json";
    return new Promise((resolve, reject) => {
      const sent = request({ agent: this.#agent, method, path, headers, timeout: TIMEOUT_MS });
      sent.on("error", (cause) => reject(new Error(`${method} ${path}: ${cause.message}`, { cause })));
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
      sent.on("response", (answer) => void readAnswer(answer).then(resolve, reject));
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** As `request`, and rejects with the server's own words where the answer is no success. Resolves with the body. */
  async must<T>(wanted: ApiRequest): Promise<T> {
    const { status, body } = await this.request(wanted);
    if (status >= 200 && status < 300) return body as T;
    const why = (body as { message?: string } | null)?.message ?? JSON.stringify(body);
    throw new Error(`${wanted.method ?? "request"} ${wanted.path}: ${status} ${why}`);
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function readAnswer(answer: IncomingMessage): Promise<ApiAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_LIMIT_BYTES) throw new Error(`an answer of more than ${ANSWER_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return {
    status: answer.statusCode ?? 0,
    body: answer.headers["content-type"]?.includes("json") ? JSON.parse(text) : text,
  };
}

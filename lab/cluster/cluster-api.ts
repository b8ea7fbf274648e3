import { readFileSync } from "node:fs";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import type { Socket } from "node:net";
import { connect } from "node:tls";
import type { RelayEnd } from "./open-relay.ts";

/** A name in the serving certificate that holds whichever way a client came: by address, relay or forwarded port. */
export const API_SERVER_NAME = "kubernetes.default.svc";
/** What is read of one answer: more than the largest list of a test. */
const ANSWER_LIMIT_BYTES = 64 << 20;
const TIMEOUT_MS = 30_000;

export interface ApiAnswer {
  readonly status: number;
  /** The object, list or Status; the text where it is not JSON. */
  readonly body: unknown;
}

export interface ClusterApiRequest {
  /** Default GET, or POST where there is a body. */
  readonly method?: string;
  /** With its query: `/api/v1/namespaces/default/services?limit=1`. */
  readonly path: string;
  readonly body?: unknown;
  /** Default application/json; a patch names its own. */
  readonly contentType?: string;
  /** Bearer token instead of the client's own; empty sends none (anonymous). */
  readonly token?: string;
  /** Of silence, after which there is no answer; default 30 seconds. */
  readonly timeoutMs?: number;
}

/** A user that the admin acts for: the API server then grants only that user's rights. */
interface Impersonated {
  readonly user: string;
  readonly groups: readonly string[];
}

export interface ClusterApiOptions {
  /** Where to connect to: an end, or a function that opens the connection below TLS. */
  readonly end: RelayEnd | (() => Socket);
  /** Read for each new connection, so it may appear later and may change. */
  readonly caFile: string;
  readonly token: string;
  readonly as?: Impersonated;
}

/** The lab's own client of an API server: one request, one answer, the certificate checked. Keeps connections open. */
export class ClusterApi {
  readonly #options: ClusterApiOptions;
  #agent: Agent;

  constructor(options: ClusterApiOptions) {
    this.#options = options;
    this.#agent = this.#newAgent();
  }

  #newAgent(): Agent {
    const { end, caFile } = this.#options;
    const agent = new Agent({ keepAlive: true });
    agent.createConnection = (): Socket => {
      const way = typeof end === "function" ? { socket: end() } : end;
      return connect({ ...way, ca: readFileSync(caFile), servername: API_SERVER_NAME });
    };
    return agent;
  }

  /** Rejects only when there is no answer: a refusal is an answer too. */
  request(wanted: ClusterApiRequest): Promise<ApiAnswer> {
    const { path, body, timeoutMs = TIMEOUT_MS } = wanted;
    const method = wanted.method ?? (body === undefined ? "GET" : "POST");
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      // Node writes no length of its own for DELETE, and the API server would not see the body.
      const length = text === undefined ? {} : { "Content-Length": Buffer.byteLength(text) };
      const headers = { ...this.#headers(wanted), ...length };
      const sent = request({ agent: this.#agent, method, path, headers, timeout: timeoutMs });
      sent.on("error", (cause) => reject(new Error(`${method} ${path}: ${cause.message}`, { cause })));
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      sent.on("response", (answer) => void readAnswer(answer).then(resolve, reject));
      sent.end(text);
    });
  }

  /** Streams a watch: `onEvent` gets each line, parsed. Resolves at its end; rejects where it is refused or breaks. */
  watch(path: string, onEvent: (event: unknown) => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sent = request({ agent: this.#agent, path, headers: this.#headers({ path }), signal });
      sent.on("error", (cause) => reject(new Error(`watch ${path}: ${cause.message}`, { cause })));
      sent.on("response", (answer) => {
        if (answer.statusCode === 200) readLines(answer, onEvent).then(resolve, reject);
        else sent.destroy(new Error(`status ${answer.statusCode}`));
      });
      sent.end();
    });
  }

  #headers({
    token = this.#options.token,
    body,
    contentType = "application/json",
  }: ClusterApiRequest): OutgoingHttpHeaders {
    const { as } = this.#options;
    return {
      Accept: "application/json",
      Host: API_SERVER_NAME,
      ...(token === "" ? {} : { Authorization: `Bearer ${token}` }),
      ...(as === undefined ? {} : { "Impersonate-User": as.user, "Impersonate-Group": [...as.groups] }),
      ...(body === undefined ? {} : { "Content-Type": contentType }),
    };
  }

  /** As `request`, and rejects with the server's own words where the answer is not a success. Resolves with the body. */
  async must<T>(wanted: ClusterApiRequest): Promise<T> {
    const { status, body } = await this.request(wanted);
    if (status >= 200 && status < 300) return body as T;
    const why = (body as { message?: string } | null)?.message ?? JSON.stringify(body);
    throw new Error(`${wanted.method ?? "request"} ${wanted.path}: ${status} ${why}`);
  }

  /** Breaks all connections, and what is under way on them: for one whose network was cut. */
  reset(): void {
    this.#agent.destroy();
    this.#agent = this.#newAgent();
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function readLines(answer: IncomingMessage, onEvent: (event: unknown) => void): Promise<void> {
  let rest = "";
  answer.setEncoding("utf8");
  for await (const text of answer as AsyncIterable<string>) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onEvent(JSON.parse(line));
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

import { type Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type ApiExchange, failure, type Head, type Transport, UNSENT } from "./transport.ts";

/** HTTP/1.1 with connections that are kept: one for each request under way, for servers and proxies without HTTP/2. */
export class Http1Transport implements Transport {
  readonly #server: string;
  readonly #agent: Agent;
  #isOpen = true;

  /** `agent` keeps the connections and knows how they are made; it is closed with the transport. */
  constructor(server: string, agent: Agent) {
    this.#server = server;
    this.#agent = agent;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  close(): void {
    this.#isOpen = false;
    this.#agent.destroy();
  }

  async exchange({ method, path, headers, body, signal, ...on }: ApiExchange): Promise<Head> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Head>();
    const send = this.#server.startsWith("https:") ? httpsRequest : httpRequest;
    const sent = send(new URL(path, this.#server), {
      method,
      agent: this.#agent,
      headers: { ...(headers as Record<string, string | string[]>), ...lengthOf(body) },
    });
    const abort = (): void => void sent.destroy(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    sent.on("error", (error) => {
      if (!signal.aborted) this.#leave();
      reject(isUnsent(sent, method, error) ? failure(UNSENT, error.message) : error);
    });
    sent.on("response", (answer) => {
      const head = { status: answer.statusCode ?? 0, retryAfter: answer.headers["retry-after"] };
      take(answer, sent, head, on);
      answer.on("error", reject);
      answer.on("close", () => {
        if (answer.complete) resolve(head);
        else reject(failure("ECONNRESET", "the API server cut the answer"));
      });
    });
    sent.end(body);
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** After a failure others are made, with a pause before: requests under way go on, connections at rest end. */
  #leave(): void {
    this.#isOpen = false;
    for (const socket of Object.values(this.#agent.freeSockets).flat()) socket?.destroy();
  }
}

function take(
  answer: IncomingMessage,
  sent: ClientRequest,
  head: Head,
  on: Pick<ApiExchange, "onHead" | "onData">,
): void {
  on.onHead?.(head.status);
  answer.on("data", (chunk: Buffer) => {
    try {
      on.onData(head.status, chunk);
    } catch (error) {
      sent.destroy(error as Error);
    }
  });
}

/** A kept connection that the server closed just then: a read may be tried again, a write may have been carried out. */
function isUnsent(sent: ClientRequest, method: string, error: NodeJS.ErrnoException): boolean {
  return method === "GET" && sent.reusedSocket && error.code === "ECONNRESET";
}

function lengthOf(body: string | undefined): Readonly<Record<string, string>> {
  return body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
}

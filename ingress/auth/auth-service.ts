import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { AuthQuestion } from "#src/auth/auth-question.ts";
import { type AuthAnswer, isVerdict } from "#src/auth/auth-verdict.ts";

/** What came of a question: an answer, or why there is none. */
export type AuthOutcome =
  | { readonly kind: "answer"; readonly answer: AuthAnswer }
  | { readonly kind: "unreachable" | "timeout" | "malformed" };

/** A question without an answer that says whether a request may come in. */
export interface AuthFailure {
  /** Of what asked (`ExternalAuth.place`). */
  readonly place: string;
  /** `https://auth.example.com:443` */
  readonly service: string;
  readonly kind: "unreachable" | "timeout" | "malformed" | "status";
  /** For a log. */
  readonly why: string;
}

/** Asks services; never rejects. */
export interface AuthService {
  /** `place`: of what asks. */
  ask(question: AuthQuestion, place?: string): Promise<AuthOutcome>;
  close(): void;
}

export interface AuthServiceOptions {
  readonly lookup: LookupFunction;
  readonly isReachable: (address: string) => boolean;
  /** Milliseconds for the whole of an answer's head, connecting included; by default 20 s. */
  readonly answerMs?: number;
  readonly onFailure?: (failure: AuthFailure) => void;
}

const ANSWER_MS = 20_000;

/** Of an answer's head. */
const MAX_HEAD_BYTES = 16_384;
/** In an answer's head: Node leaves out what is beyond 2,000. */
const MAX_FIELDS = 100;
/** Of an answer's body, which nothing looks at: up to here it is read, so that the connection can be used again. */
const MAX_BODY_BYTES = 65_536;
const DRAIN_MS = 5_000;
/** Connections to one service that wait for the next question. */
const IDLE_CONNECTIONS = 64;
/** Shorter than servers keep them: Node's close theirs after 5 s. */
const IDLE_MS = 4_000;
/** Errors of a connection that was used before, and that the service has closed meanwhile. */
const CLOSED_MEANWHILE = new Set(["ECONNRESET", "EPIPE"]);
/** Prefixes of the codes of what is wrong with an answer itself. */
const MALFORMED = /^(?:HPE_|ERR_INVALID|ERR_HTTP)/;

/** A client of services that say who may come in. */
export function authService(options: AuthServiceOptions): AuthService {
  const { lookup, isReachable, answerMs = ANSWER_MS, onFailure } = options;
  const kept = { keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS, timeout: IDLE_MS, scheduling: "lifo" } as const;
  const agents = { http: new HttpAgent(kept), https: new HttpsAgent(kept) };

  /** Asks again where the connection was closed before the question came. */
  async function ask(question: AuthQuestion, place = ""): Promise<AuthOutcome> {
    const first = await askOnce(question);
    const isStale = first.kind !== "answer" && first.isStale;
    const outcome = isStale === true ? await askOnce(question) : first;
    const { scheme, host, port } = question;
    const failed = { place, service: `${scheme}://${host}:${port}` };
    if (outcome.kind === "answer") {
      const { status } = outcome.answer;
      if (!isVerdict(status)) onFailure?.({ ...failed, kind: "status", why: `it answered ${status}` });
      return outcome;
    }
    const { kind, why } = outcome;
    onFailure?.({ ...failed, kind, why });
    return { kind };
  }

  function askOnce(question: AuthQuestion): Promise<FirstOutcome> {
    const { promise, resolve } = Promise.withResolvers<FirstOutcome>();
    const { scheme, host, port, method, target, fields } = question;
    const name = host.replace(/^\[(.*)\]$/, "$1");
    // An address is never looked up.
    if (isIP(name) !== 0 && !isReachable(name))
      return Promise.resolve({ kind: "unreachable", why: "it may not be asked" });
    const asked = {
      agent: agents[scheme],
      host: name,
      port,
      method,
      path: target,
      headers: fields.flat(),
      lookup,
      maxHeaderSize: MAX_HEAD_BYTES,
      insecureHTTPParser: false,
      ...(scheme === "https" && isIP(name) === 0 ? { servername: name } : {}),
    };
    let request: ClientRequest;
    try {
      request = scheme === "https" ? httpsRequest(asked) : httpRequest(asked);
    } catch (error) {
      // Node refuses to send a target or a field.
      return Promise.resolve({ kind: "malformed", why: (error as Error).message });
    }
    const timer = setTimeout(() => {
      resolve({ kind: "timeout", why: `no answer in ${answerMs} ms` });
      request.destroy();
    }, answerMs);
    const settle = (outcome: FirstOutcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    request.on("response", (response) => {
      const fields = pairs(response.rawHeaders);
      if (fields.length > MAX_FIELDS) settle({ kind: "malformed", why: "too many header fields" });
      else settle({ kind: "answer", answer: { status: response.statusCode ?? 0, fields } });
      drain(response, request);
    });
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      settle({ kind: "malformed", why: "it changed the protocol" });
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      const code = error.code ?? "";
      const isStale = request.reusedSocket && CLOSED_MEANWHILE.has(code);
      // Node adds to some what a developer may try.
      const why = error.message.replace(/; if the root CA .*/, "") || code;
      settle(MALFORMED.test(code) ? { kind: "malformed", why } : { kind: "unreachable", why, isStale });
    });
    request.end();
    return promise;
  }

  return {
    ask,
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** What came of asking once; `isStale`: it may be due to a connection that the service has closed meanwhile. */
type FirstOutcome =
  | Extract<AuthOutcome, { readonly kind: "answer" }>
  | { readonly kind: Exclude<AuthOutcome["kind"], "answer">; readonly why: string; readonly isStale?: boolean };

/** Reads the body without looking at it; one that is long or slow costs the connection. */
function drain(response: IncomingMessage, request: ClientRequest): void {
  let bytes = 0;
  const timer = setTimeout(() => request.destroy(), DRAIN_MS);
  timer.unref();
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) request.destroy();
  });
  response.on("error", () => undefined);
  response.on("close", () => clearTimeout(timer));
}

function pairs(raw: readonly string[]): AuthAnswer["fields"] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index]!, raw[2 * index + 1]!] as const);
}

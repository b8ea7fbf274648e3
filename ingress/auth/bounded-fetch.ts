import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";

/** A request to a provider of identities. */
interface BoundedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A text, or the arguments of a form. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export interface BoundedFetchOptions {
  readonly lookup: LookupFunction;
  readonly isReachable: (address: string) => boolean;
  /** Authorities in place of those of the system. */
  readonly caPem?: string | undefined;
  /** Milliseconds for the whole of an answer, connecting included; by default 10 s. */
  readonly answerMs?: number;
}

/** Sends a request over HTTPS and reads the whole answer, as `fetch` does; it follows no redirect. */
export type BoundedFetch = (url: string, request: BoundedRequest) => Promise<Response>;

/** There is no answer: it may be another time. Its message says why. */
export class NoAnswer extends TypeError {}

const ANSWER_MS = 10_000;
const MAX_HEAD_BYTES = 16_384;
/** Documents with many keys have some 10 KiB. */
const MAX_BODY_BYTES = 262_144;
/** With these `Response` takes no body (Fetch standard, null body status). */
const WITHOUT_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** What fetches documents and tokens of providers: bounded in time and size, never from addresses that may not be asked. */
export function boundedFetch({ lookup, isReachable, caPem, answerMs = ANSWER_MS }: BoundedFetchOptions): BoundedFetch {
  return (url, { method, headers, body, signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const { protocol, hostname, port, pathname, search } = new URL(url);
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    if (protocol !== "https:") return Promise.reject(new NoAnswer(`${url} is not an https URL`));
    // An address is never looked up.
    if (isIP(host) !== 0 && !isReachable(host)) return Promise.reject(new NoAnswer(`${host} may not be asked`));
    const bytes = bytesOf(body);
    const request = httpsRequest({
      agent: false,
      host,
      port: port === "" ? 443 : Number(port),
      method,
      path: `${pathname}${search}`,
      headers: { ...headers, ...(bytes && { "content-length": String(bytes.length) }) },
      lookup,
      maxHeaderSize: MAX_HEAD_BYTES,
      insecureHTTPParser: false,
      ...(isIP(host) === 0 && { servername: host }),
      ...(caPem !== undefined && { ca: caPem }),
    });
    const fail = (why: string) => {
      reject(new NoAnswer(`${host}: ${why}`));
      request.destroy();
    };
    const timer = setTimeout(() => fail(`no whole answer in ${answerMs} ms`), answerMs);
    const onAbort = () => fail("given up");
    signal?.addEventListener("abort", onAbort);
    request.on("close", () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      fail("the connection was closed");
    });
    request.on("error", (error) => fail(error.message));
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      fail("the protocol was changed");
    });
    request.on("response", (response) => readAnswer(response, resolve, fail));
    request.end(bytes);
    return promise;
  };
}

function bytesOf(body: unknown): Buffer | undefined {
  if (typeof body === "string") return Buffer.from(body);
  return body instanceof URLSearchParams ? Buffer.from(body.toString()) : undefined;
}

function readAnswer(response: IncomingMessage, resolve: (answer: Response) => void, fail: (why: string) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  response.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) fail(`its answer has more than ${MAX_BODY_BYTES} bytes`);
    else chunks.push(chunk);
  });
  response.on("error", (error) => fail(error.message));
  response.on("end", () => {
    const status = response.statusCode ?? 0;
    if (!response.complete || status < 200) {
      fail("its answer is not whole");
      return;
    }
    const headers = new Headers();
    for (let index = 0; index < response.rawHeaders.length; index += 2)
      headers.append(response.rawHeaders[index]!, response.rawHeaders[index + 1]!);
    resolve(new Response(WITHOUT_BODY.has(status) ? null : Buffer.concat(chunks), { status, headers }));
  });
}

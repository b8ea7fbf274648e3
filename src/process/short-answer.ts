import type { IncomingMessage, ServerResponse } from "node:http";

/** What a server for probes and scrapes answers. */
export interface ShortAnswer {
  readonly contentType: string;
  readonly body: string;
  /** 200 by default. */
  readonly status?: number;
}

/** An answer of plain text. */
export function plain(body: string, status = 200): ShortAnswer {
  return { contentType: "text/plain; charset=utf-8", body, status };
}

/** The answer to a method that such a server does not have; undefined for one that it has. */
export function refusedMethod({ method }: IncomingMessage): ShortAnswer | undefined {
  return method === "GET" || method === "HEAD" ? undefined : plain("only GET and HEAD\n", 405);
}

/** The path of a request, without its query. */
export function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "/";
}

/** Sends an answer; without its body to HEAD. */
export function sendShortAnswer(
  { method }: IncomingMessage,
  response: ServerResponse,
  { status = 200, contentType, body }: ShortAnswer,
): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
  response.end(method === "HEAD" ? undefined : body);
}

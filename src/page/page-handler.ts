import type { IncomingMessage, ServerResponse } from "node:http";
import type { PageFile } from "./page-files.ts";
import type { AskedPage, ReadPageRequest } from "./page-request.ts";
import { PageStream, type PageStreamOptions } from "./page-stream.ts";

/** A longer word than this is not an address, a name or a URL that a person asks about. */
const MAX_SUBJECT = 2_048;
/** A right that was taken away, or a token that expired, ends a page that follows after so long. */
const ADMIT_AGAIN_MS = 30_000;

/** What answers a question about one subject: the body as JSON. */
type Ask = (subject: string) => Promise<object>;

export interface PageHandlerOptions extends PageStreamOptions {
  /** By path. */
  readonly files: ReadonlyMap<string, PageFile>;
  /** What is looked at, in a few words. */
  readonly title: string;
  readonly explain: Ask;
  readonly history: Ask;
  /** Decides whether a request is answered at all. */
  read(asked: AskedPage): ReadPageRequest;
  /** Decides whether who asks may see what is looked at; undefined: it may. Left out: who has the address may. */
  admit?(request: IncomingMessage): Promise<PageRefusal | undefined>;
  /** How often that is asked again while a page follows; 30 seconds by default. */
  readonly admitAgainMs?: number | undefined;
}

/** Why a request is not answered. */
export interface PageRefusal {
  readonly status: 401 | 403 | 503;
  readonly why: string;
}

/** Answers the requests of pages, of whatever server. */
export interface PageHandler {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** How many pages follow. */
  following(): number;
  /** Ends the streams. */
  close(): void;
}

/**
 * Scripts, styles and requests of this server alone; nothing inline, no frame, no form, and no text becomes a document or a
 * script in the page (Trusted Types). `sandbox` is left out: the page is this server's own.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
};

/** Answers with the files of the page, the stream of what is seen, and explanations: all is read, nothing can be changed. */
export function createPageHandler(options: PageHandlerOptions): PageHandler {
  const stream = new PageStream(options);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, headers } = request;
    const { host, origin } = headers;
    const fetchSite = textOf(headers["sec-fetch-site"]);
    const read = options.read({ method, url, host, origin, fetchSite });
    // Nothing that is sent is read.
    request.resume();
    if (!read.ok) {
      if (read.status === 405) response.setHeader("allow", "GET, HEAD");
      sendText(response, read.status, read.why);
      return;
    }
    const { path, query } = read;
    if (method === "HEAD") {
      sendText(response, options.files.has(path) ? 200 : 404, "");
      return;
    }
    const file = options.files.get(path);
    if (file !== undefined) {
      send(response, { status: 200, contentType: file.contentType, body: file.text });
      return;
    }
    const refusal = await options.admit?.(request);
    // Who went meanwhile ends nothing later: no place and no timer is for one that is gone.
    if (response.destroyed) return;
    if (refusal !== undefined) {
      if (refusal.status === 401) response.setHeader("www-authenticate", "Bearer");
      sendText(response, refusal.status, refusal.why);
      return;
    }
    if (path === "/stream") {
      if (!stream.follow(response)) sendText(response, 503, "Too many pages are open: close some.");
      else endUnlessAdmitted(request, response);
      return;
    }
    await answerQuestion(response, path, query);
  }

  /** Ends a stream when who follows may no longer see it, or that cannot be found out. */
  function endUnlessAdmitted(request: IncomingMessage, response: ServerResponse): void {
    const { admit, admitAgainMs = ADMIT_AGAIN_MS } = options;
    if (admit === undefined) return;
    const look = async (): Promise<void> => {
      const mayStay = await admit(request).then(
        (refusal) => refusal === undefined,
        () => false,
      );
      if (!mayStay) response.destroy();
    };
    const timer = setInterval(() => void look(), admitAgainMs);
    response.once("close", () => clearInterval(timer));
  }

  async function answerQuestion(response: ServerResponse, path: string, query: URLSearchParams): Promise<void> {
    const asks: Readonly<Record<string, Ask>> = {
      "/explain": options.explain,
      "/history": options.history,
      "/about": async () => Promise.resolve({ title: options.title }),
    };
    const ask = Object.hasOwn(asks, path) ? asks[path] : undefined;
    const subject = query.get("subject") ?? "";
    if (ask === undefined) sendText(response, 404, "Not found.");
    else if (subject.length > MAX_SUBJECT) sendText(response, 400, "That is too long.");
    else sendJson(response, await ask(subject));
  }

  return {
    handle(request, response) {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
      void answer(request, response).catch(() => {
        if (!response.headersSent) sendText(response, 500, "Internal error.");
        response.end();
      });
    },
    following: () => stream.size,
    close: () => stream.close(),
  };
}

interface Sent {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

function send(response: ServerResponse, { status, contentType, body }: Sent): void {
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, { status, contentType: "text/plain; charset=utf-8", body: text === "" ? "" : `${text}\n` });
}

function sendJson(response: ServerResponse, value: object): void {
  send(response, { status: 200, contentType: "application/json", body: JSON.stringify(value) });
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { maxAgeMs } from "#src/auth/jwt/max-age-ms.ts";
import { hostFieldOf } from "#src/auth/host-field-of.ts";
import type { JwksUrl } from "#src/model/policies/jwks-source.ts";

/** A document, or why there is none. */
export type FoundDocument =
  | {
      readonly kind: "document";
      readonly text: string;
      /** How long it may be used; undefined: the server says nothing of that. */
      readonly forMs: number | undefined;
    }
  | { readonly kind: "failed"; readonly why: string };

/** Fetches documents; never rejects. `caPem`: authorities in place of those of the system. */
export type FetchDocument = (url: JwksUrl, caPem?: string) => Promise<FoundDocument>;

export interface DocumentClientOptions {
  readonly lookup: LookupFunction;
  readonly isReachable: (address: string) => boolean;
  readonly maxBytes: number;
  /** Milliseconds for all of it, connecting included; by default 5 s. */
  readonly answerMs?: number;
}

const ANSWER_MS = 5_000;
const MAX_HEAD_BYTES = 16_384;

/** A client for small documents on servers that others name: bounded in time and size, it follows no redirect. */
export function documentClient(options: DocumentClientOptions): FetchDocument {
  const { lookup, isReachable, answerMs = ANSWER_MS } = options;
  return ({ scheme, host, port, target }, caPem) => {
    // An address is never looked up.
    if (isIP(host) !== 0 && !isReachable(host)) return Promise.resolve(failed("its address may not be asked"));
    const { promise, resolve } = Promise.withResolvers<FoundDocument>();
    const send = scheme === "https" ? httpsRequest : httpRequest;
    const request = send({
      agent: false,
      host,
      port,
      path: target,
      headers: { host: hostFieldOf({ host, scheme, port }), accept: "application/json", "user-agent": "hawser" },
      lookup,
      maxHeaderSize: MAX_HEAD_BYTES,
      insecureHTTPParser: false,
      ...(scheme === "https" && isIP(host) === 0 ? { servername: host } : {}),
      ...(scheme === "https" && caPem !== undefined ? { ca: caPem } : {}),
    });
    const settle = (found: FoundDocument) => {
      clearTimeout(timer);
      resolve(found);
      request.destroy();
    };
    const timer = setTimeout(() => settle(failed(`there was no whole answer in ${answerMs} ms`)), answerMs);
    request.on("error", ({ message }) => settle(failed(message)));
    request.on("upgrade", () => settle(failed("the server changed the protocol")));
    request.on("response", (response) => readAnswer(response, options.maxBytes, settle));
    request.end();
    return promise;
  };
}

function readAnswer(response: IncomingMessage, maxBytes: number, settle: (found: FoundDocument) => void): void {
  const { statusCode = 0, headers } = response;
  if (statusCode !== 200) {
    settle(failed(`it was answered ${statusCode}`));
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) settle(failed(`the answer has more than ${maxBytes} bytes`));
    else chunks.push(chunk);
  });
  response.on("error", ({ message }) => settle(failed(message)));
  response.on("end", () => {
    const text = Buffer.concat(chunks).toString("utf8");
    settle({ kind: "document", text, forMs: maxAgeMs(headers["cache-control"]) });
  });
}

function failed(why: string): FoundDocument {
  return { kind: "failed", why };
}

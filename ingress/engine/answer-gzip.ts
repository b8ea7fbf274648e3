import { mayGzip } from "#src/filters/may-gzip.ts";
import type { ResponseEdit } from "#src/filters/response-edit.ts";
import { fieldValues } from "./field-values.ts";
import { GzipBody } from "./gzip-body.ts";
import type { ResponseHead } from "./response-head.ts";

/** Whether the answer to one request is compressed, and how. */
export class AnswerGzip {
  readonly #isAccepted: boolean;
  /** The answer is one of those that are compressed for clients that take it. */
  #isEligible = false;
  #body: GzipBody | undefined;

  /** `isAccepted`: the client takes gzip. */
  constructor(isAccepted: boolean) {
    this.#isAccepted = isAccepted;
  }

  /** The body of the answer; undefined: it is sent as it comes. */
  get body(): GzipBody | undefined {
    return this.#body;
  }

  /** Looks at the head of the answer. */
  look(bytes: Buffer, head: ResponseHead): void {
    const value = (name: string) => fieldValues(bytes, head, name)[0];
    this.#isEligible = mayGzip({
      status: head.status,
      contentLength: head.contentLength === -1 ? undefined : head.contentLength,
      contentType: value("content-type"),
      contentEncoding: value("content-encoding"),
      cacheControl: fieldValues(bytes, head, "cache-control").join(","),
    });
    this.#body = this.#isEligible && this.#isAccepted ? new GzipBody() : undefined;
  }

  /** What this does to the head, besides what the rule does. */
  edit(edit: ResponseEdit | undefined, bytes: Buffer, head: ResponseHead): ResponseEdit | undefined {
    if (!this.#isEligible) return edit;
    const before = edit ?? NO_EDIT;
    const { removes, lines } = before;
    // Also where this client does not take it: another may, of the same cache.
    const vary = "Vary: Accept-Encoding\r\n";
    if (this.#body === undefined) return { ...before, lines: lines + vary };
    // RFC 9110 section 8.8.1: the same content in other bytes. Ranges would be of these bytes.
    const [etag = ""] = fieldValues(bytes, head, "etag");
    const weak = etag === "" || removes.has("etag") ? "" : `ETag: ${etag.startsWith("W/") ? "" : "W/"}${etag}\r\n`;
    return { ...before, removes: removes.union(CHANGED), lines: `${lines}Content-Encoding: gzip\r\n${weak}${vary}` };
  }
}

const NO_EDIT: ResponseEdit = { removes: new Set(), lines: "", rewrites: undefined };
const CHANGED: ReadonlySet<string> = new Set([
  "content-length",
  "accept-ranges",
  "etag",
  "content-md5",
  "content-digest",
]);

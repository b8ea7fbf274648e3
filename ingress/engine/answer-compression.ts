import type { ContentCoding } from "#src/filters/accepted-codings.ts";
import type { ResponseEdit } from "#src/filters/response-edit.ts";
import type { CompressedBody, CompressedBodySink } from "./compressed-body.ts";
import type { Compressors } from "./compressors.ts";
import { fieldValues } from "./field-values.ts";
import type { ResponseHead } from "./response-head.ts";

/** Whether the answer to one request is compressed, and how. */
export class AnswerCompression {
  readonly #compressors: Compressors;
  readonly #accepted: readonly ContentCoding[];
  /** The answer is one of those that are compressed for clients that take that. */
  #isEligible = false;
  #body: CompressedBody | undefined;

  /** `accepted`: what the client takes, best first. */
  constructor(compressors: Compressors, accepted: readonly ContentCoding[]) {
    this.#compressors = compressors;
    this.#accepted = accepted;
  }

  /** The body of the answer; undefined: it is sent as it comes. */
  get body(): CompressedBody | undefined {
    return this.#body;
  }

  /** Nothing further of the answer is sent. */
  close(): void {
    this.#body?.close();
  }

  /** Looks at the head of the answer, whose body goes to the sink; the one before, if any, is not sent. */
  look(bytes: Buffer, head: ResponseHead, sink: CompressedBodySink): void {
    const value = (name: string) => fieldValues(bytes, head, name)[0];
    this.close();
    const possible = this.#compressors.for({
      status: head.status,
      contentLength: head.contentLength === -1 ? undefined : head.contentLength,
      contentType: value("content-type"),
      contentEncoding: value("content-encoding"),
      cacheControl: fieldValues(bytes, head, "cache-control").join(","),
    });
    this.#isEligible = possible.length > 0;
    const taken = this.#accepted.flatMap((coding) => possible.find((one) => one.coding === coding) ?? []);
    this.#body = this.#compressors.bodyBy(taken, sink);
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
    return {
      ...before,
      removes: removes.union(CHANGED),
      lines: `${lines}Content-Encoding: ${this.#body.coding}\r\n${weak}${vary}`,
    };
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

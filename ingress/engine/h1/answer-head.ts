import type { ResponseEdit } from "#src/filters/response-edit.ts";
import { type AccessGrant, grantedLines } from "#ingress/engine/access-grant.ts";
import type { AnswerCompression } from "#ingress/engine/answer-compression.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import { type ForwardedResponse, headRoom, writeForwardedResponse } from "./forwarded-response.ts";
import type { RequestHead } from "#ingress/engine/request-head.ts";

/** Puts together the heads of the answers to one request, interim ones too. */
export class AnswerHead {
  readonly #grant: AccessGrant | undefined;
  readonly #edit: ResponseEdit | undefined;
  /** Where the answer may be compressed. */
  readonly compression: AnswerCompression | undefined;
  readonly isHttp10: boolean;

  constructor(request: {
    readonly head: RequestHead;
    readonly grant: AccessGrant | undefined;
    readonly edit: ResponseEdit | undefined;
    readonly compression: AnswerCompression | undefined;
  }) {
    this.#grant = request.grant;
    this.#edit = request.edit;
    this.compression = request.compression;
    this.isHttp10 = request.head.minorVersion === 0;
  }

  /** What the answer says about the connection. */
  option(mayKeepAlive: boolean): "default" | "keep-alive" | "close" {
    const keptOpen = this.isHttp10 ? "keep-alive" : "default";
    return mayKeepAlive ? keptOpen : "close";
  }

  /** Writes a head at the beginning of the scratch buffer, which may be another one then; returns its length. */
  write(
    context: Pick<EngineContext, "writer" | "date" | "scratch">,
    response: Pick<ForwardedResponse, "bytes" | "head" | "connection" | "setCookie"> & { readonly isFinal: boolean },
  ): number {
    const { bytes, head, isFinal } = response;
    const compression = isFinal && head.status !== 101 ? this.compression : undefined;
    // RFC 9112 section 6.1: no Transfer-Encoding in 1xx and 204.
    const hasChunks = head.isChunked && !this.isHttp10 && head.status >= 200 && head.status !== 204;
    const isChunked = hasChunks || compression?.body !== undefined;
    const added = grantedLines(this.#grant, head.status);
    const edit = isFinal ? (compression?.edit(this.#edit, bytes, head) ?? this.#edit) : undefined;
    const room = headRoom(head, added, edit);
    if (context.scratch.length < room) context.scratch = Buffer.allocUnsafeSlow(room);
    const { writer, scratch, date } = context;
    writer.begin(scratch);
    const { connection, setCookie } = response;
    writeForwardedResponse(writer, { bytes, head, connection, setCookie, date, isChunked, added, edit });
    return writer.at;
  }
}

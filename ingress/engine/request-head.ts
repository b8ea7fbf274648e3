import { ConnectionOptions } from "./connection-options.ts";
import { FieldLines } from "./field-lines.ts";
import type { Limits } from "./limits.ts";

/** Where the parts of one request head lie in its buffer, and what they say. Used again for each head. */
export class RequestHead {
  readonly maxBytes: number;
  readonly maxLineBytes: number;
  start = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** Start of the path: after the authority of an absolute target, else `targetStart`; the path may be empty. */
  pathStart = 0;
  /** End of the path, start of the query with its question mark. */
  queryStart = 0;
  /** End of the query; a fragment, which does not belong here, is left out. */
  queryEnd = 0;
  /** Of an absolute target; both 0 where it has none. */
  authorityStart = 0;
  authorityEnd = 0;
  /** 0 or 1: the digit after `HTTP/1.`. */
  minorVersion = 1;
  /** It came by HTTP/2, and was written as HTTP/1.1 has it. */
  isHttp2 = false;
  readonly lines = new FieldLines({ isLenient: false });
  readonly connection = new ConnectionOptions();
  contentLength = -1;
  isChunked = false;
  /** How often Hawser has forwarded this request, as far as it says. */
  hops = 0;
  /** Index of the line, or -1. */
  hostLine = -1;
  upgradeLine = -1;
  requestIdLine = -1;
  expectLine = -1;

  constructor(limits: Pick<Limits, "headBytes" | "requestLineBytes">) {
    this.maxBytes = limits.headBytes;
    this.maxLineBytes = limits.requestLineBytes;
  }
}

/** A request as far as it has come: the bytes of its body follow its head. */
export interface ReceivedRequest {
  readonly bytes: Buffer;
  readonly head: RequestHead;
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

/** Whether the method of a head is this one (in capitals, as methods are). */
export function methodIs(bytes: Uint8Array, head: RequestHead, method: string): boolean {
  if (head.methodEnd - head.start !== method.length) return false;
  for (let index = 0; index < method.length; index++) {
    if (bytes[head.start + index] !== method.charCodeAt(index)) return false;
  }
  return true;
}

import { ConnectionOptions } from "./connection-options.ts";
import { FieldLines } from "./field-lines.ts";
import type { Limits } from "./limits.ts";

/** Where the parts of one response head lie in its buffer, and what they say. Used again for each head. */
export class ResponseHead {
  /** Of the head that is read now: what the program's limit is, or more. */
  maxBytes: number;
  /** First byte of the status code. */
  statusStart = 0;
  /** End of the reason phrase. */
  statusLineEnd = 0;
  /** 100 to 999. */
  status = 0;
  minorVersion = 1;
  readonly lines = new FieldLines({ isLenient: true });
  readonly connection = new ConnectionOptions();
  contentLength = -1;
  /** Index of a line with that length and nothing else, or -1. */
  lengthLine = -1;
  isChunked = false;
  upgradeLine = -1;
  hasDate = false;
  hasServer = false;

  constructor(limits: Pick<Limits, "headBytes">) {
    this.maxBytes = limits.headBytes;
  }
}

import { MAX_FIELDS } from "./limits.ts";

/** Where the header lines of one head lie in its buffer. Written by `readFieldLines`, used again for each head. */
export class FieldLines {
  /** While they are read: how many there are so far. */
  count = 0;
  /** By index: first byte of the name, which is also the end of the line before. */
  readonly nameStart = new Int32Array(MAX_FIELDS + 1);
  readonly nameEnd = new Int32Array(MAX_FIELDS);
  readonly valueStart = new Int32Array(MAX_FIELDS);
  /** Without the blanks around it. */
  readonly valueEnd = new Int32Array(MAX_FIELDS);
  readonly field = new Uint8Array(MAX_FIELDS);
  /** A line is not as it has to be sent: it ends with LF alone, or has blanks before its colon. */
  isOdd = false;
  /** A line may end with LF alone and have blanks before its colon: those of answers, where that leaves no doubt. */
  readonly isLenient: boolean;

  constructor({ isLenient }: { readonly isLenient: boolean }) {
    this.isLenient = isLenient;
  }
}

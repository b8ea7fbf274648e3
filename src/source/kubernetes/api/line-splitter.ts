import { failure } from "./transport.ts";

/** Several times what an API server stores as one object (etcd takes 1.5 MiB). */
const MAX_LINE_BYTES = 16 << 20;
const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines of UTF-8, as `textOf` reads each. */
export class LineSplitter {
  readonly #textOf: (line: Buffer) => string;
  #rest: Buffer[] = [];
  #restLength = 0;

  constructor(textOf: (line: Buffer) => string = (line) => line.toString()) {
    this.#textOf = textOf;
  }

  /** The lines that end in this piece, without empty ones. Throws for a line without end. */
  push(chunk: Buffer): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      const line = this.#textOf(this.#rest.length === 0 ? piece : Buffer.concat([...this.#rest, piece]));
      if (line.trim() !== "") lines.push(line);
      this.#rest = [];
      this.#restLength = 0;
      start = end + 1;
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
    this.#restLength += chunk.length - start;
    if (this.#restLength > MAX_LINE_BYTES) throw failure("EMSGSIZE", "the API server sent a line without end");
    return lines;
  }
}

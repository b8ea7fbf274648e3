/** RFC 9113 section 3.4. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Reads what each client begins with, however it comes. */
export class Preface {
  #matched = 0;

  get isWhole(): boolean {
    return this.#matched === PREFACE.length;
  }

  /** Returns how far the bytes belong to it; -1: the client says something else. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && !this.isWhole) {
      if (bytes[at] !== PREFACE[this.#matched]) return -1;
      at += 1;
      this.#matched += 1;
    }
    return at;
  }
}

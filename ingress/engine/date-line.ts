/** The Date line of answers, made again at most once a second (RFC 9110 section 6.6.1). */
export class DateLine {
  #line = Buffer.alloc(0);
  #second = -1;

  /** Ends with CRLF. Right to the second of the last `update`. */
  get line(): Buffer {
    return this.#line;
  }

  /** Takes the time in milliseconds since 1970. */
  update(wallMs: number): void {
    const second = Math.floor(wallMs / 1_000);
    if (second === this.#second) return;
    this.#second = second;
    this.#line = Buffer.from(`Date: ${new Date(wallMs).toUTCString()}\r\n`, "latin1");
  }
}

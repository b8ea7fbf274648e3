/** How bytes that a client may have written are made harmless. */
export type Escape = "json" | "nginx";

const HEX_LOWER = Buffer.from("0123456789abcdef");
const HEX_UPPER = Buffer.from("0123456789ABCDEF");
const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const DELETE = 0x7f;
/** Bytes that the longest escape of one byte takes: `\u00XX`. */
const MAX_ESCAPED = 6;

/** Writes one line after the other into a buffer, each with a bound: what goes beyond it is left out. */
export class LineWriter {
  bytes: Buffer;
  at = 0;
  /** No byte of the line is written from here on. */
  #limit = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Begins a line of at most so many bytes, for which there is room. */
  begin(maxBytes: number): void {
    this.#limit = this.at + maxBytes - 1;
  }

  /** Ends the line. */
  end(): void {
    this.bytes[this.at++] = 0x0a;
  }

  /** Bytes of our own, as they are. */
  add(from: Uint8Array): void {
    if (this.at + from.length > this.#limit) return;
    this.bytes.set(from, this.at);
    this.at += from.length;
  }

  /** A text of our own: visible ASCII and blanks. */
  ascii(text: string): void {
    if (this.at + text.length > this.#limit) return;
    this.at += this.bytes.write(text, this.at, "latin1");
  }

  /** A text whose characters are escaped, each of them one byte. */
  text(text: string, escape: Escape): void {
    for (let index = 0; index < text.length; index++) this.#escaped(text.charCodeAt(index) & 0xff, escape);
  }

  /** Bytes of a client's, escaped. */
  escaped(from: Uint8Array, start: number, end: number, escape: Escape): void {
    for (let index = start; index < end; index++) this.#escaped(from[index]!, escape);
  }

  #escaped(byte: number, escape: Escape): void {
    if (this.at + MAX_ESCAPED > this.#limit) return;
    const { bytes } = this;
    const isOdd = byte === QUOTE || byte === BACKSLASH || byte < 0x20;
    if (!isOdd && byte < DELETE) bytes[this.at++] = byte;
    else if (escape === "nginx") this.#nginx(byte);
    else if (isOdd) this.#json(byte);
    else if (byte === DELETE) bytes[this.at++] = byte;
    else {
      // A byte above 0x7f is the Latin-1 character, here in UTF-8.
      bytes[this.at++] = 0xc0 | (byte >> 6);
      bytes[this.at++] = 0x80 | (byte & 0x3f);
    }
  }

  /** As nginx escapes (`log_format escape=default`): `\xXX`. */
  #nginx(byte: number): void {
    const { bytes } = this;
    bytes[this.at++] = BACKSLASH;
    bytes[this.at++] = 0x78;
    bytes[this.at++] = HEX_UPPER[byte >> 4]!;
    bytes[this.at++] = HEX_UPPER[byte & 15]!;
  }

  #json(byte: number): void {
    const { bytes } = this;
    bytes[this.at++] = BACKSLASH;
    if (byte === QUOTE || byte === BACKSLASH) {
      bytes[this.at++] = byte;
      return;
    }
    bytes[this.at++] = 0x75;
    bytes[this.at++] = 0x30;
    bytes[this.at++] = 0x30;
    bytes[this.at++] = HEX_LOWER[byte >> 4]!;
    bytes[this.at++] = HEX_LOWER[byte & 15]!;
  }
}

import { LOWER, SPACE, spells, TAB, TOKEN } from "./ascii.ts";

const COMMA = 0x2c;
const CLOSE = Buffer.from("close");
const KEEP_ALIVE = Buffer.from("keep-alive");
const UPGRADE = Buffer.from("upgrade");

/** Each costs a comparison with each field. Real ones name one or two. */
const MAX_NAMES = 32;

/** What the Connection field of a head says (RFC 9110 section 7.6.1). */
export class ConnectionOptions {
  close = false;
  keepAlive = false;
  upgrade = false;
  /** Start and end of each other name, in the head's buffer. */
  readonly #names: number[] = [];

  reset(): void {
    this.close = false;
    this.keepAlive = false;
    this.upgrade = false;
    if (this.#names.length > 0) this.#names.length = 0;
  }

  /**
   * Reads one Connection field; false if it is not a list of tokens, or is a longer one than any sender needs. With
   * `isLenient`, for answers, what is not a token only ends the connection.
   */
  add(bytes: Uint8Array, start: number, end: number, isLenient: boolean): boolean {
    let at = start;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte === COMMA || byte === SPACE || byte === TAB) at++;
      else {
        const from = at;
        while (at < end && TOKEN[bytes[at]!] !== 0) at++;
        if (at > from) this.#addName(bytes, from, at);
        else if (isLenient) {
          this.close = true;
          at++;
        } else return false;
      }
    }
    return this.#names.length <= 2 * MAX_NAMES;
  }

  #addName(bytes: Uint8Array, start: number, end: number): void {
    if (spells(bytes, start, end, CLOSE)) this.close = true;
    else if (spells(bytes, start, end, KEEP_ALIVE)) this.keepAlive = true;
    else if (spells(bytes, start, end, UPGRADE)) this.upgrade = true;
    else this.#names.push(start, end);
  }

  /** Whether the sender wants a field removed: it is named here. */
  names(bytes: Uint8Array, start: number, end: number): boolean {
    for (let index = 0; index < this.#names.length; index += 2) {
      if (sameName(bytes, start, end, { start: this.#names[index]!, end: this.#names[index + 1]! })) return true;
    }
    return false;
  }
}

function sameName(bytes: Uint8Array, start: number, end: number, other: { start: number; end: number }): boolean {
  if (end - start !== other.end - other.start) return false;
  for (let offset = 0; offset < end - start; offset++) {
    if (LOWER[bytes[start + offset]!] !== LOWER[bytes[other.start + offset]!]) return false;
  }
  return true;
}

import type { CanaryRequest } from "#src/routing/canary.ts";
import { LOWER, SEMICOLON, SPACE } from "./ascii.ts";
import type { RequestHead } from "./request-head.ts";

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const COOKIE = "cookie";

/**
 * Parts of a request head by name, in small letters; names are compared without regard to case, as in nginx. What a
 * request does not have is undefined. Bytes above 0x7f are Latin-1 characters.
 */
export class RequestTexts implements CanaryRequest {
  #bytes: Buffer;
  readonly #head: RequestHead;
  /** From 0 to below 1, each time another number. */
  readonly chance: () => number;

  constructor(bytes: Buffer, head: RequestHead, chance: () => number) {
    this.#bytes = bytes;
    this.#head = head;
    this.chance = chance;
  }

  /** Reads the head, which is used again for each request, from these bytes from now on. */
  useBytes(bytes: Buffer): this {
    this.#bytes = bytes;
    return this;
  }

  /** The value of a header field; where there are several, they are joined by a comma and a blank. */
  header(name: string): string | undefined {
    let text: string | undefined;
    for (const [start, end] of this.#values(name)) {
      const value = this.#bytes.toString("latin1", start, end);
      text = text === undefined ? value : `${text}, ${value}`;
    }
    return text;
  }

  /** The value of a cookie; of several with the name, the first. */
  cookie(name: string): string | undefined {
    for (const [start, end] of this.#values(COOKIE)) {
      const value = this.#pairValue(name, { start, end, separator: SEMICOLON });
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** The value of an argument of the query as it came; of several with the name, the first. */
  argument(name: string): string | undefined {
    const { queryStart, queryEnd } = this.#head;
    return this.#pairValue(name, { start: queryStart + 1, end: queryEnd, separator: AMPERSAND });
  }

  /** Where the values of the fields with this name are. */
  *#values(name: string): Generator<readonly [start: number, end: number]> {
    const { nameStart, nameEnd, valueStart, valueEnd, count } = this.#head.lines;
    for (let index = 0; index < count; index++) {
      if (this.#isAt(name, nameStart[index]!, nameEnd[index]!)) yield [valueStart[index]!, valueEnd[index]!];
    }
  }

  #pairValue(name: string, list: { readonly start: number; readonly end: number; readonly separator: number }) {
    const { end, separator } = list;
    const bytes = this.#bytes;
    for (let at = list.start; at < end; at++) {
      while (bytes[at] === SPACE && at < end) at++;
      const start = at;
      let equals = -1;
      for (; at < end && bytes[at] !== separator; at++) if (equals === -1 && bytes[at] === EQUALS) equals = at;
      if (equals !== -1 && this.#isAt(name, start, equals)) return bytes.toString("latin1", equals + 1, at).trimEnd();
    }
    return undefined;
  }

  #isAt(name: string, start: number, end: number): boolean {
    if (end - start !== name.length) return false;
    for (let index = 0; index < name.length; index++) {
      if (LOWER[this.#bytes[start + index]!] !== name.charCodeAt(index)) return false;
    }
    return true;
  }
}

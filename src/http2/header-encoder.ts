import { STATIC_FIELDS } from "./static-fields.ts";

/** Bytes that a field takes at most besides its name and value. */
export const ENCODED_FIELD_BYTES = 12;

/** Goes before the first block of a connection: nothing is kept, whatever the peer would keep (RFC 7541 section 6.3). */
export const NO_TABLE = 0x20;

const LITERAL = 0x00;
/** No proxy on the way may keep it in a table either (RFC 7541 section 7.1.3). */
const NEVER_KEPT = 0x10;
const SECRETS: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization", "set-cookie"]);

interface KnownName {
  readonly text: string;
  readonly index: number;
}

/** By length: names of the static table, each with its first index. */
const BY_LENGTH: readonly (readonly KnownName[])[] = Array.from({ length: 32 }, (_, length) =>
  [...new Set(STATIC_FIELDS.map(([name]) => name))]
    .filter((name) => name.length === length)
    .map((text) => ({ text, index: STATIC_FIELDS.findIndex(([name]) => name === text) + 1 })),
);

/** By index of the static table: how a field of this name is written. */
const FORMS = [LITERAL, ...STATIC_FIELDS.map(([name]) => (SECRETS.has(name) ? NEVER_KEPT : LITERAL))];

/** By status: the index of the field that is whole in the static table. */
const STATUS_INDEX: ReadonlyMap<string, number> = new Map(
  STATIC_FIELDS.flatMap(([name, value], place) => (name === ":status" ? [[value, place + 1] as const] : [])),
);
const STATUS_NAME = STATUS_INDEX.get("200")!;

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

/**
 * Writes header blocks (RFC 7541) that any decoder takes whatever came before: fields of the static table, all others as they
 * are, without Huffman's code, which costs more time than it saves. There has to be room: for each field its name, its
 * value and ENCODED_FIELD_BYTES.
 */
export class HeaderEncoder {
  #to: Uint8Array = new Uint8Array(0);
  #from: Uint8Array = new Uint8Array(0);
  at = 0;

  /** Writes into these bytes from a position on; names and values of `field` lie in `from`. */
  begin(to: Uint8Array, at: number, from: Uint8Array): void {
    this.#to = to;
    this.#from = from;
    this.at = at;
  }

  /** The pseudo-header field of an answer; three digits. */
  status(digits: string): void {
    const index = STATUS_INDEX.get(digits);
    if (index !== undefined) {
      this.#to[this.at++] = 0x80 | index;
      return;
    }
    this.#number(LITERAL, 0x0f, STATUS_NAME);
    this.#text(digits);
  }

  /** A field whose name has no capital letter, as texts of Latin-1. */
  texts(name: string, value: string): void {
    const known = BY_LENGTH[name.length]?.find(({ text }) => text === name)?.index ?? 0;
    this.#number(FORMS[known]!, 0x0f, known);
    if (known === 0) this.#text(name);
    this.#text(value);
  }

  /** A field of the source; its name is written in small letters. */
  field(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const from = this.#from;
    const known = this.#indexOf(nameStart, nameEnd);
    this.#number(FORMS[known]!, 0x0f, known);
    if (known === 0) this.#name(nameStart, nameEnd);
    this.#number(0, 0x7f, valueEnd - valueStart);
    const to = this.#to;
    let { at } = this;
    for (let place = valueStart; place < valueEnd; place++) to[at++] = from[place]!;
    this.at = at;
  }

  #name(start: number, end: number): void {
    this.#number(0, 0x7f, end - start);
    for (let place = start; place < end; place++) this.#to[this.at++] = lower(this.#from[place]!);
  }

  #indexOf(start: number, end: number): number {
    const names = BY_LENGTH[end - start];
    if (names === undefined) return 0;
    for (let place = 0; place < names.length; place++) {
      if (this.#spells(start, names[place]!.text)) return names[place]!.index;
    }
    return 0;
  }

  #spells(start: number, text: string): boolean {
    for (let place = 0; place < text.length; place++) {
      if (lower(this.#from[start + place]!) !== text.charCodeAt(place)) return false;
    }
    return true;
  }

  #text(text: string): void {
    this.#number(0, 0x7f, text.length);
    for (let place = 0; place < text.length; place++) this.#to[this.at++] = text.charCodeAt(place);
  }

  /** RFC 7541 section 5.1: a number in the bits of the mask, behind those of the form. */
  #number(form: number, mask: number, value: number): void {
    const to = this.#to;
    if (value < mask) {
      to[this.at++] = form | value;
      return;
    }
    to[this.at++] = form | mask;
    let left = value - mask;
    for (; left >= 0x80; left >>>= 7) to[this.at++] = (left & 0x7f) | 0x80;
    to[this.at++] = left;
  }
}

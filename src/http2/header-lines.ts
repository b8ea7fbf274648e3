import { MOST_GROWTH } from "./huffman.ts";

/** What each field counts for besides its name and value (RFC 9113 section 6.5.2). */
export const FIELD_OVERHEAD_BYTES = 32;

const COLON = 0x3a;
const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;
/** Colon and blank, CR and LF. */
const SEPARATOR_BYTES = 4;
/** Text that a block may be decoded to, in blocks of the largest size: no block without fields of a table comes to half of that. */
const MOST_TEXT_BLOCKS = 4;

/** What bounds the fields of a block. */
export interface HeaderBounds {
  /** Names, values and FIELD_OVERHEAD_BYTES for each: what SETTINGS_MAX_HEADER_LIST_SIZE says. */
  readonly listBytes: number;
  readonly fields: number;
  /** Of a block as it comes. */
  readonly blockBytes: number;
  /** Of the dynamic table. */
  readonly tableBytes: number;
}

/**
 * The fields of one header block as lines of text (`name: value`, CR, LF), one behind the other, and where their parts lie. Used
 * again for each block. What is beyond the bounds is left out, and `isTooLarge` says so.
 */
export class HeaderLines {
  readonly bounds: HeaderBounds;
  readonly bytes: Uint8Array;
  count = 0;
  /** End of the lines. */
  at = 0;
  isTooLarge = false;
  readonly nameStart: Int32Array;
  readonly nameEnd: Int32Array;
  /** The value begins two bytes after the name; the line ends two bytes after the value. */
  readonly valueEnd: Int32Array;
  #listBytes = 0;
  #textBytes = 0;

  constructor(bounds: HeaderBounds) {
    this.bounds = bounds;
    const { listBytes, fields, blockBytes, tableBytes } = bounds;
    // The last field may begin at the end of the list: a name of the table or the block, and a value of the block.
    const lastBytes = tableBytes + Math.ceil(blockBytes * MOST_GROWTH) + SEPARATOR_BYTES;
    this.bytes = new Uint8Array(listBytes + lastBytes);
    this.nameStart = new Int32Array(fields);
    this.nameEnd = new Int32Array(fields);
    this.valueEnd = new Int32Array(fields);
  }

  clear(): void {
    this.count = this.at = this.#listBytes = this.#textBytes = 0;
    this.isTooLarge = false;
  }

  /**
   * So much text was written that the block can only be meant to cost time: two bytes of it can stand for as many as the table has, and
   * what is too large is written all the same, because the table may need it.
   */
  get isExcessive(): boolean {
    return this.#textBytes > MOST_TEXT_BLOCKS * Math.max(this.bounds.blockBytes, this.bounds.listBytes);
  }

  /** Writes colon and blank at the end of a name; returns where the value begins. */
  separate(nameEnd: number): number {
    this.bytes[nameEnd] = COLON;
    this.bytes[nameEnd + 1] = SPACE;
    return nameEnd + 2;
  }

  /** Writes the end of the line, and takes what was written from `at` on for the next field; returns the end of the line. */
  add(nameEnd: number, valueEnd: number): number {
    const { at, count, bounds } = this;
    this.bytes[valueEnd] = CR;
    this.bytes[valueEnd + 1] = LF;
    this.#textBytes += valueEnd + 2 - at;
    this.#listBytes += valueEnd - at - 2 + FIELD_OVERHEAD_BYTES;
    if (count === bounds.fields || this.#listBytes > bounds.listBytes) this.isTooLarge = true;
    if (this.isTooLarge) return valueEnd + 2;
    this.nameStart[count] = at;
    this.nameEnd[count] = nameEnd;
    this.valueEnd[count] = valueEnd;
    this.count = count + 1;
    this.at = valueEnd + 2;
    return this.at;
  }

  /** Adds a line that is whole, of a table; its name has so many bytes. */
  addLine(line: Uint8Array, nameBytes: number): void {
    if (this.isTooLarge) return;
    const { at } = this;
    copyBytes(line, this.bytes, at);
    this.add(at + nameBytes, at + line.length - 2);
  }
}

/** Below, a loop is faster than a call. */
const SHORT_BYTES = 48;

function copyBytes(from: Uint8Array, to: Uint8Array, at: number): void {
  if (from.length > SHORT_BYTES) to.set(from, at);
  else for (let index = 0; index < from.length; index++) to[at + index] = from[index]!;
}

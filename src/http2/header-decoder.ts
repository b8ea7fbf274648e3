import { DynamicTable, type TableEntry } from "./dynamic-table.ts";
import type { HeaderLines } from "./header-lines.ts";
import { decodeHuffman } from "./huffman.ts";
import { STATIC_FIELDS } from "./static-fields.ts";

const encoder = new TextEncoder();

const STATIC: readonly TableEntry[] = STATIC_FIELDS.map(([name, value]) => ({
  line: encoder.encode(`${name}: ${value}\r\n`),
  nameBytes: name.length,
}));

/** What follows the first byte of a number: so many bytes of seven bits hold more than any length that is in use. */
const MAX_NUMBER_BYTES = 4;
const FAULT = -1;

/** Reads the header blocks of one connection in their order (RFC 7541): each may refer to fields of those before. */
export class HeaderDecoder {
  readonly #table: DynamicTable;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /** `tableBytes`: what SETTINGS_HEADER_TABLE_SIZE allows the peer. */
  constructor(tableBytes: number) {
    this.#table = new DynamicTable(tableBytes);
  }

  /**
   * Reads a whole block in place of what the lines hold. False: it breaks the rules, and no further block of the connection
   * can be read (COMPRESSION_ERROR). A block with too many fields is read to its end, for the sake of those after it, unless that is
   * out of all proportion.
   */
  decode(bytes: Uint8Array, start: number, end: number, lines: HeaderLines): boolean {
    if (end - start > lines.bounds.blockBytes) throw new RangeError("bug: the header block is larger than its bound");
    lines.clear();
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    let isStart = true;
    while (this.#at < end) {
      const isResize = (bytes[this.#at]! & 0xe0) === 0x20;
      // RFC 7541 section 4.2: at the beginning of a block.
      if (isResize && !isStart) return false;
      isStart = isResize;
      if (!(isResize ? this.#resize() : this.#field(bytes[this.#at]!, lines)) || lines.isExcessive) return false;
    }
    return true;
  }

  #resize(): boolean {
    const bytes = this.#number(0x1f);
    return bytes !== FAULT && this.#table.resize(bytes);
  }

  #field(first: number, lines: HeaderLines): boolean {
    if ((first & 0x80) === 0) return this.#literal((first & 0x40) === 0 ? 0x0f : 0x3f, lines);
    const entry = this.#entry(this.#number(0x7f));
    if (entry === undefined) return false;
    lines.addLine(entry.line, entry.nameBytes);
    return true;
  }

  /** A field of which at most the name is in a table; `mask` says whether it is to be kept. */
  #literal(mask: 0x0f | 0x3f, lines: HeaderLines): boolean {
    const index = this.#number(mask);
    const start = lines.at;
    const nameEnd = index === 0 ? this.#text(lines.bytes, start) : this.#name(index, lines.bytes, start);
    if (nameEnd === FAULT) return false;
    const valueEnd = this.#text(lines.bytes, lines.separate(nameEnd));
    if (valueEnd === FAULT) return false;
    const end = lines.add(nameEnd, valueEnd);
    if (mask === 0x3f) this.#table.add({ line: lines.bytes.slice(start, end), nameBytes: nameEnd - start });
    return true;
  }

  /** Copies the name of an entry; returns the position after it. */
  #name(index: number, to: Uint8Array, at: number): number {
    const entry = this.#entry(index);
    if (entry === undefined) return FAULT;
    const { line, nameBytes } = entry;
    for (let place = 0; place < nameBytes; place++) to[at + place] = line[place]!;
    return at + nameBytes;
  }

  /** By the index of RFC 7541 section 2.3.3, of which 0 is nothing. */
  #entry(index: number): TableEntry | undefined {
    if (index <= 0) return undefined;
    return index <= STATIC.length ? STATIC[index - 1] : this.#table.at(index - STATIC.length - 1);
  }

  /** RFC 7541 section 5.1. */
  #number(mask: number): number {
    const bytes = this.#bytes;
    let value = bytes[this.#at++]! & mask;
    if (value < mask) return value;
    for (let count = 0; count < MAX_NUMBER_BYTES && this.#at < this.#end; count++) {
      const byte = bytes[this.#at++]!;
      value += (byte & 0x7f) << (7 * count);
      if (byte < 0x80) return value;
    }
    return FAULT;
  }

  /** Writes a text (RFC 7541 section 5.2); returns the position after it. */
  #text(to: Uint8Array, at: number): number {
    if (this.#at >= this.#end) return FAULT;
    const bytes = this.#bytes;
    const isCoded = bytes[this.#at]! >= 0x80;
    const length = this.#number(0x7f);
    const start = this.#at;
    const end = start + length;
    if (length === FAULT || end > this.#end) return FAULT;
    this.#at = end;
    if (isCoded) return decodeHuffman(bytes, { start, end, to, at });
    for (let from = start; from < end; from++) to[at + from - start] = bytes[from]!;
    return at + length;
  }
}

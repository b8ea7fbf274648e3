import { FIELD_OVERHEAD_BYTES } from "./header-lines.ts";

/** A field as a line of text, CR and LF included. */
export interface TableEntry {
  readonly line: Uint8Array;
  readonly nameBytes: number;
}

/** Colon, blank, CR and LF. */
const SEPARATOR_BYTES = 4;

/** The fields that a peer has had us keep, the newest first (RFC 7541 section 2.3.2). Holds never more than its maximum. */
export class DynamicTable {
  /** What the peer may choose up to. */
  readonly limitBytes: number;
  #maxBytes: number;
  /** A ring: the newest is before `#next`. */
  readonly #entries: (TableEntry | undefined)[];
  #next = 0;
  #count = 0;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = this.#maxBytes = limitBytes;
    this.#entries = Array.from({ length: Math.max(1, Math.floor(limitBytes / FIELD_OVERHEAD_BYTES)) }, () => undefined);
  }

  /** The entry by its place from the newest, 0; undefined: there is none. */
  at(place: number): TableEntry | undefined {
    if (place >= this.#count) return undefined;
    const { length } = this.#entries;
    return this.#entries[(this.#next - 1 - place + length) % length];
  }

  /** Adds an entry, and drops old ones; one that is larger than the table empties it. */
  add(entry: TableEntry): void {
    const bytes = sizeOf(entry);
    this.#shrinkTo(this.#maxBytes - bytes);
    if (bytes > this.#maxBytes) return;
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#entries.length;
    this.#count += 1;
    this.#bytes += bytes;
  }

  /** Takes another maximum; false: it is beyond the limit. */
  resize(maxBytes: number): boolean {
    if (maxBytes > this.limitBytes) return false;
    this.#maxBytes = maxBytes;
    this.#shrinkTo(maxBytes);
    return true;
  }

  #shrinkTo(bytes: number): void {
    const { length } = this.#entries;
    while (this.#count > 0 && this.#bytes > bytes) {
      const oldest = (this.#next - this.#count + length) % length;
      this.#bytes -= sizeOf(this.#entries[oldest]!);
      this.#entries[oldest] = undefined;
      this.#count -= 1;
    }
  }
}

function sizeOf({ line }: TableEntry): number {
  return line.length - SEPARATOR_BYTES + FIELD_OVERHEAD_BYTES;
}

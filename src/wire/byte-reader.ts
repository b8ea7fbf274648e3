/**
 * Reads integers in network order one behind the other. Reading beyond the end gives zeros and makes `isIntact` false,
 * so that a decoder checks once at its end and never throws.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  #isIntact = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** False once more was read than there is. */
  get isIntact(): boolean {
    return this.#isIntact;
  }

  /** Whether all bytes were read. */
  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  u8(): number {
    return this.#has(1) ? this.#view.getUint8(this.#offset++) : 0;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** Six bytes: always an exact integer. */
  u48(): number {
    return this.u16() * 0x1_0000_0000 + this.u32();
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  /** The next bytes as a view; zeros if there are not so many. */
  raw(count: number): Uint8Array {
    if (!this.#has(count)) return new Uint8Array(count);
    this.#offset += count;
    return this.#bytes.subarray(this.#offset - count, this.#offset);
  }

  /** All bytes that were not read yet, as a view. */
  rest(): Uint8Array {
    return this.raw(this.#bytes.length - this.#offset);
  }

  #has(count: number): boolean {
    this.#isIntact &&= this.#offset + count <= this.#bytes.length;
    return this.#isIntact;
  }
}

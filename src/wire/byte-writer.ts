/** Writes integers in network order one behind the other into a buffer of fixed size; throws a RangeError beyond its end. */
export class ByteWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(sizeBytes: number) {
    this.#bytes = new Uint8Array(sizeBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): void {
    this.#view.setUint8(this.#advance(1), value);
  }

  u16(value: number): void {
    this.#view.setUint16(this.#advance(2), value);
  }

  u32(value: number): void {
    this.#view.setUint32(this.#advance(4), value);
  }

  /** Six bytes: exact for every integer below 2^48. */
  u48(value: number): void {
    this.u16(Math.floor(value / 0x1_0000_0000));
    this.u32(value % 0x1_0000_0000);
  }

  u64(value: bigint): void {
    this.#view.setBigUint64(this.#advance(8), value);
  }

  raw(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#advance(bytes.length));
  }

  /** What was written so far, as a view. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#offset);
  }

  #advance(count: number): number {
    const at = this.#offset;
    if (at + count > this.#bytes.length) throw new RangeError(`${this.#bytes.length} bytes are not enough`);
    this.#offset += count;
    return at;
  }
}

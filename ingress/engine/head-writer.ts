/** From here on one call of the runtime is cheaper than a loop over the bytes. */
const CALL_PAYS_BYTES = 96;

/** Puts a head together in a buffer that has room for it. */
export class HeadWriter {
  bytes: Buffer = Buffer.alloc(0);
  /** Where the next byte goes. */
  at = 0;

  /** Starts at the beginning of a buffer. */
  begin(bytes: Buffer): void {
    this.bytes = bytes;
    this.at = 0;
  }

  copy(from: Buffer, start: number, end: number): void {
    const { bytes } = this;
    let { at } = this;
    if (end - start >= CALL_PAYS_BYTES) {
      from.copy(bytes, at, start, end);
      at += end - start;
    } else {
      for (let index = start; index < end; index++) bytes[at++] = from[index]!;
    }
    this.at = at;
  }

  add(from: Buffer): void {
    this.copy(from, 0, from.length);
  }

  /** Writes a text of Latin-1 characters. */
  text(text: string): void {
    this.at += this.bytes.write(text, this.at, "latin1");
  }
}

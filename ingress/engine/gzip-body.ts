import { constants, crc32, deflateRawSync } from "node:zlib";

/** RFC 1952 section 2.3: deflate, no flags, no time, unknown system. */
const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** The last block, which is empty (RFC 1951 section 3.2.6). */
const LAST_BLOCK = Buffer.from([3, 0]);
const CRLF = Buffer.from("\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");
/** As ingress-nginx: the time of one core is dearer than the last percent. */
const LEVEL = 1;
/** Parts that are shorter go as they are, in a block of their own: to compress them would take as long as for 4 KiB. */
const LEAST_BYTES = 256;

/**
 * A body in gzip and chunks. Each part is compressed when it comes and can be read when it arrives: nothing waits for more, and
 * nothing is kept between parts but a sum. This takes the time of the engine's thread, as in nginx.
 */
export class GzipBody {
  #hasHead = false;
  #crc = 0;
  #length = 0;

  /** The bytes to send for one part, in a buffer of its own. */
  add(bytes: Buffer, start: number, end: number): Buffer {
    const part = bytes.subarray(start, end);
    this.#crc = crc32(part, this.#crc);
    this.#length += part.length;
    if (part.length < LEAST_BYTES) return this.#chunk(stored(part));
    return this.#chunk(deflateRawSync(part, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH }));
  }

  /** The bytes to send at the end. */
  end(): Buffer {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(this.#length % 2 ** 32, 4);
    return Buffer.concat([this.#chunk(Buffer.concat([LAST_BLOCK, trailer])), LAST_CHUNK]);
  }

  #chunk(data: Buffer): Buffer {
    const head = this.#hasHead ? [] : [HEAD];
    this.#hasHead = true;
    const length = data.length + (head.length === 0 ? 0 : HEAD.length);
    return Buffer.concat([Buffer.from(`${length.toString(16)}\r\n`), ...head, data, CRLF]);
  }
}

/** A block without compression (RFC 1951 section 3.2.4). All blocks end with their last byte, so that this one begins with a whole one. */
function stored(part: Buffer): Buffer {
  const block = Buffer.alloc(5 + part.length);
  block.writeUInt16LE(part.length, 1);
  block.writeUInt16LE(0xffff - part.length, 3);
  part.copy(block, 5);
  return block;
}

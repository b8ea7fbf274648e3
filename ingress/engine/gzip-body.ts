import { constants, crc32, deflateRawSync } from "node:zlib";
import { type CompressedBody, type CompressedBodySink, chunkOf, LAST_CHUNK } from "./compressed-body.ts";

/** RFC 1952 section 2.3: deflate, no flags, no time, unknown system. */
const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** The last block, which is empty (RFC 1951 section 3.2.6). */
const LAST_BLOCK = Buffer.from([3, 0]);
/** Parts that are shorter go as they are, in a block of their own: to compress them would take as long as for 4 KiB. */
const LEAST_BYTES = 256;

/**
 * A body in gzip and chunks. Each part is compressed when it comes and can be read when it arrives: nothing waits for more, and
 * nothing is kept between parts but a sum. This takes the time of the engine's thread, as in nginx.
 */
export class GzipBody implements CompressedBody {
  readonly coding = "gzip";
  readonly isBusy = false;
  readonly #level: number;
  readonly #sink: CompressedBodySink;
  #hasHead = false;
  #crc = 0;
  #length = 0;
  #isClosed = false;

  constructor(level: number, sink: CompressedBodySink) {
    this.#level = level;
    this.#sink = sink;
  }

  add(bytes: Buffer, start: number, end: number): void {
    const part = bytes.subarray(start, end);
    this.#crc = crc32(part, this.#crc);
    this.#length += part.length;
    if (part.length < LEAST_BYTES) return this.#sink.onCompressed(this.#chunk(stored(part)));
    const made = deflateRawSync(part, { level: this.#level, finishFlush: constants.Z_SYNC_FLUSH });
    this.#sink.onCompressed(this.#chunk(made));
  }

  end(): void {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(this.#length % 2 ** 32, 4);
    this.#sink.onCompressed(Buffer.concat([this.#chunk(LAST_BLOCK, trailer), LAST_CHUNK]));
    // The client may have been given up for that.
    if (!this.#isClosed) this.#sink.onCompressedEnd();
  }

  close(): void {
    this.#isClosed = true;
  }

  #chunk(...data: readonly Buffer[]): Buffer {
    const parts = this.#hasHead ? data : [HEAD, ...data];
    this.#hasHead = true;
    return chunkOf(parts);
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

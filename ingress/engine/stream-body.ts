import { type BrotliCompress, constants, createBrotliCompress, createZstdCompress, type ZstdCompress } from "node:zlib";
import type { ContentCoding } from "#src/filters/accepted-codings.ts";
import { type CompressedBody, type CompressedBodySink, chunkOf, LAST_CHUNK } from "./compressed-body.ts";

/** Those whose parts refer to each other. */
export type StreamCoding = Exclude<ContentCoding, "gzip">;

/** What a compressor makes at once; larger ones would only take memory. */
const CHUNK_BYTES = 16_384;

/**
 * Windows and tables as small as they can be without compressing parts of 64 KiB worse. So a compressor takes 0.7 MB (zstd, any level)
 * or 1 MB (br, to level 6; 1.8 MB above), measured as RSS of 200 of them; by the defaults of these libraries it would be 1.3 to 80 MB.
 */
const COMPRESSORS = {
  zstd: (level: number): ZstdCompress =>
    createZstdCompress({
      chunkSize: CHUNK_BYTES,
      flush: constants.ZSTD_e_flush,
      params: {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_windowLog]: 17,
        [constants.ZSTD_c_hashLog]: 15,
        [constants.ZSTD_c_chainLog]: 15,
      },
    }),
  br: (level: number): BrotliCompress =>
    createBrotliCompress({
      chunkSize: CHUNK_BYTES,
      flush: constants.BROTLI_OPERATION_FLUSH,
      params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_LGWIN]: 16 },
    }),
};

/**
 * A body in one frame of Zstandard, or one stream of Brotli: a compressor is kept until the end, and works in threads beside the
 * engine's. Each part is flushed when it is compressed.
 */
export class StreamBody implements CompressedBody {
  readonly coding: StreamCoding;
  readonly #stream: BrotliCompress | ZstdCompress;
  readonly #sink: CompressedBodySink;
  /** Parts that are not compressed yet. */
  #waiting = 0;
  /** What was made of the present part. */
  #made: Buffer[] = [];
  #onClose: (() => void) | undefined;

  /** `onClose` is called once, when the compressor is given up. */
  constructor(coding: StreamCoding, level: number, to: { sink: CompressedBodySink; onClose: () => void }) {
    this.coding = coding;
    this.#sink = to.sink;
    this.#onClose = to.onClose;
    this.#stream = COMPRESSORS[coding](level);
    this.#stream.on("data", (made: Buffer) => this.#made.push(made));
    this.#stream.on("end", () => this.#onEnd());
    this.#stream.on("error", () => this.#onError());
  }

  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  get #isClosed(): boolean {
    return this.#onClose === undefined;
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.#isClosed) return;
    this.#waiting += 1;
    this.#stream.write(Buffer.from(bytes.subarray(start, end)), () => this.#onPart());
  }

  end(): void {
    this.#stream.end();
  }

  close(): void {
    const onClose = this.#onClose;
    if (onClose === undefined) return;
    this.#onClose = undefined;
    this.#made = [];
    this.#stream.destroy();
    onClose();
  }

  #onPart(): void {
    this.#waiting -= 1;
    if (this.#isClosed) return;
    const chunk = chunkOf(this.#made.splice(0));
    if (chunk.length > 0) this.#sink.onCompressed(chunk);
    if (!this.isBusy && !this.#isClosed) this.#sink.onRoom();
  }

  #onEnd(): void {
    if (this.#isClosed) return;
    this.#sink.onCompressed(Buffer.concat([chunkOf(this.#made.splice(0)), LAST_CHUNK]));
    if (this.#isClosed) return;
    this.close();
    this.#sink.onCompressedEnd();
  }

  #onError(): void {
    if (this.#isClosed) return;
    this.close();
    this.#sink.onCompressionFailure();
  }
}

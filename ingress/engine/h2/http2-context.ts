import type { BlockBounds } from "#src/http2/header-blocks.ts";
import { USUAL_TABLE_BYTES } from "#src/http2/settings.ts";
import type { BufferPool } from "#ingress/io/buffer-pool.ts";
import { Flushes } from "#ingress/engine/flushes.ts";
import { type Limits, MAX_FIELDS } from "#ingress/engine/limits.ts";
import { BodyScratch } from "./body-scratch.ts";
import { HeadLines } from "./head-lines.ts";
import { HTTP2_BOUNDS } from "./http2-bounds.ts";
import { EXTRA_BYTES } from "./request-text.ts";
import { HeaderBlockWriter } from "./header-block-writer.ts";

/** What all HTTP/2 connections of an engine share: each of these is used within one call. */
export class Http2Context {
  /** The fields of the head that is read now. */
  readonly lines: HeadLines;
  /** That head as HTTP/1.1 has it. */
  readonly text: Buffer;
  /** Of the blocks of all heads. */
  readonly blockBounds: BlockBounds;
  readonly body: BodyScratch;
  readonly blocks = new HeaderBlockWriter();
  readonly flushes: Flushes;

  constructor(
    { headBytes }: Pick<Limits, "headBytes">,
    { buffers, soon }: { readonly buffers: BufferPool; readonly soon: (run: () => void) => unknown },
  ) {
    const bounds = {
      listBytes: headBytes,
      fields: MAX_FIELDS,
      blockBytes: 2 * headBytes,
      tableBytes: USUAL_TABLE_BYTES,
    };
    this.lines = new HeadLines(bounds);
    this.blockBounds = { bytes: bounds.blockBytes, continuations: HTTP2_BOUNDS.continuations };
    this.text = Buffer.allocUnsafeSlow(this.lines.bytes.length + EXTRA_BYTES);
    this.body = new BodyScratch(buffers);
    this.flushes = new Flushes(soon);
  }
}

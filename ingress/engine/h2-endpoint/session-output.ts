import { Flag, FRAME_HEAD_BYTES, FrameType, writeFrameHead } from "#src/http2/frame-head.ts";
import { USUAL_FRAME_BYTES } from "#src/http2/settings.ts";
import { FrameBuffers } from "#ingress/engine/frame-buffers.ts";

/** The frames that go to one endpoint. */
export class SessionOutput extends FrameBuffers {
  /** Writes a frame with this payload, of at most USUAL_FRAME_BYTES. */
  addFrame(
    { type, flags, stream }: { readonly type: number; readonly flags: number; readonly stream: number },
    payload: Uint8Array,
  ): void {
    const { length } = payload;
    const to = this.ready(FRAME_HEAD_BYTES + length);
    const at = writeFrameHead(to, this.at, { length, type, flags, stream });
    to.set(payload, at);
    this.commit(at + length);
  }

  /** Writes a header block: in HEADERS, and what does not fit there in CONTINUATION. */
  addHeaders(stream: number, block: Buffer, isEnd: boolean): void {
    for (let at = 0; at === 0 || at < block.length; at += USUAL_FRAME_BYTES) {
      const part = block.subarray(at, at + USUAL_FRAME_BYTES);
      const isLast = at + part.length === block.length;
      const flags = (isLast ? Flag.EndHeaders : 0) | (isEnd && at === 0 ? Flag.EndStream : 0);
      this.addFrame({ type: at === 0 ? FrameType.Headers : FrameType.Continuation, flags, stream }, part);
    }
  }
}

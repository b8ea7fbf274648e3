import { Flag, FRAME_HEAD_BYTES, FrameHead, FrameType } from "#src/http2/frame-head.ts";
import { settingsFrame } from "#src/http2/settings.ts";
import { block, type Fields, frame, PREFACE } from "./http2-frames.ts";
import { startEndpoint, type TestEndpoint } from "./ingress-proxy.ts";

/** HEADERS with these fields. */
export function headers(stream: number, fields: Fields, isEnd = false): Buffer {
  return frame(FrameType.Headers, Flag.EndHeaders | (isEnd ? Flag.EndStream : 0), stream, block(fields));
}

export function data(stream: number, bytes: Uint8Array | string, isEnd = false): Buffer {
  return frame(FrameType.Data, isEnd ? Flag.EndStream : 0, stream, bytes);
}

/** A frame that came: its type, stream and payload. */
export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** The whole frames of what came on one connection behind the preface. */
export function framesOf(received: string): SeenFrame[] {
  const bytes = Buffer.from(received, "latin1");
  const frames: SeenFrame[] = [];
  const head = new FrameHead();
  for (let at = PREFACE.length; at + FRAME_HEAD_BYTES <= bytes.length;) {
    head.read(bytes, at);
    const start = at + FRAME_HEAD_BYTES;
    at = start + head.length;
    if (at > bytes.length) break;
    frames.push({ type: head.type, flags: head.flags, stream: head.stream, payload: bytes.subarray(start, at) });
  }
  return frames;
}

/**
 * An endpoint of raw frames: sends its settings, and calls back for each request head (the stream of HEADERS) with what sends frames.
 * `received` has all that came on its first connection.
 */
export function startScriptedHttp2(
  onRequest: (stream: number, send: (...frames: readonly Uint8Array[]) => void) => void,
  settings: readonly (readonly [id: number, value: number])[] = [],
): Promise<TestEndpoint> {
  const seen = new Map<object, { text: string; count: number }>();
  return startEndpoint((socket, text) => {
    const of = seen.get(socket) ?? { text: "", count: 0 };
    if (of.text === "") socket.write(settingsFrame(settings));
    of.text += text;
    seen.set(socket, of);
    const frames = framesOf(of.text);
    for (const { type, stream } of frames.slice(of.count))
      if (type === FrameType.Headers) onRequest(stream, (...parts) => void socket.write(Buffer.concat(parts)));
    of.count = frames.length;
  });
}

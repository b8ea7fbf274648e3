import { Flag, FRAME_HEAD_BYTES, FrameHead, FrameType, writeFrameHead, writeUint32 } from "#src/http2/frame-head.ts";
import { HeaderEncoder } from "#src/http2/header-encoder.ts";
import { settingsFrame } from "#src/http2/settings.ts";
import { startEndpoint, type TestEndpoint } from "./ingress-proxy.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** A frame of this payload. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array | string = ""): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload, "latin1") : payload;
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  writeFrameHead(head, 0, { length: bytes.length, type, flags, stream });
  return Buffer.concat([head, bytes]);
}

/** A header block of these fields, whatever they are. */
export function block(...fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const to = Buffer.alloc(100_000);
  const encoder = new HeaderEncoder();
  encoder.begin(to, 0, to);
  for (const [name, value] of fields) encoder.texts(name, value);
  return to.subarray(0, encoder.at);
}

/** HEADERS with these fields. */
export function headers(stream: number, fields: readonly (readonly [string, string])[], isEnd = false): Buffer {
  return frame(FrameType.Headers, Flag.EndHeaders | (isEnd ? Flag.EndStream : 0), stream, block(...fields));
}

export function data(stream: number, bytes: Uint8Array | string, isEnd = false): Buffer {
  return frame(FrameType.Data, isEnd ? Flag.EndStream : 0, stream, bytes);
}

/** A frame whose payload is numbers of four bytes. */
export function numbers(type: number, stream: number, ...values: readonly number[]): Buffer {
  const payload = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) writeUint32(payload, 4 * index, value);
  return frame(type, 0, stream, payload);
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

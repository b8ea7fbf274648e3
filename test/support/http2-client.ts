import { connect, type Socket } from "node:net";
import type { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, type FrameHead, FrameType, readUint31 } from "#src/http2/frame-head.ts";
import { FrameReader } from "#src/http2/frame-reader.ts";
import { HeaderDecoder } from "#src/http2/header-decoder.ts";
import { HeaderLines } from "#src/http2/header-lines.ts";
import { block, type Fields, frame, PREFACE } from "./http2-frames.ts";

export const GET: Fields = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "a.com"],
];

/** HEADERS of one frame. */
export function headers(stream: number, fields = GET, flags: number = Flag.EndStream): Buffer {
  return frame(FrameType.Headers, Flag.EndHeaders | flags, stream, block(fields));
}

export function data(stream: number, text: string, flags: number = Flag.EndStream): Buffer {
  return frame(FrameType.Data, flags, stream, text);
}

/** What came for one stream. */
interface Received {
  heads: string[][];
  data: string;
  /** Frames with data. */
  frames: number;
  isEnded: boolean;
  reset: number | undefined;
}

/** A client of HTTP/2 that says just what it is told, and writes down what comes. */
export interface RawClient extends Omit<Http2Record, "read">, Disposable {
  readonly socket: Socket;
  send(...frames: readonly Uint8Array[]): void;
  /** Resolves when it holds; rejects when the connection ends before. */
  until(condition: () => boolean): Promise<void>;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
}

/** What a proxy has said by HTTP/2. */
export interface Http2Record {
  readonly streams: Map<number, Received>;
  /** Last stream and code of each GOAWAY. */
  readonly goAways: [last: number, code: number][];
  /** Number of frames of a type so far. */
  count(type: number, flags?: number): number;
  /** Takes what came next. */
  read(bytes: Uint8Array): void;
}

/** Writes down what comes; throws where it is broken. */
export function http2Record(): Http2Record {
  const streams = new Map<number, Received>();
  const goAways: [number, number][] = [];
  const counts = new Map<string, number>();
  const decoder = new HeaderDecoder(4_096);
  const lines = new HeaderLines({ listBytes: 262_144, fields: 1_000, blockBytes: 262_144, tableBytes: 4_096 });
  let parts: Uint8Array[] = [];
  const streamOf = (id: number): Received => {
    const found = streams.get(id) ?? { heads: [], data: "", frames: 0, isEnded: false, reset: undefined };
    streams.set(id, found);
    return found;
  };
  const note = (head: FrameHead): void => {
    for (const key of [`${head.type}`, `${head.type}/${head.flags}`]) counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  const onBlock = (head: FrameHead, bytes: Uint8Array): void => {
    if (head.type === FrameType.Headers && head.has(Flag.EndStream)) streamOf(head.stream).isEnded = true;
    parts.push(bytes);
    if (!head.has(Flag.EndHeaders)) return;
    const whole = Buffer.concat(parts);
    parts = [];
    if (!decoder.decode(whole, 0, whole.length, lines)) throw new Error("the proxy sent a broken header block");
    const texts = Array.from({ length: lines.count }, (_, index) =>
      Buffer.from(lines.bytes.subarray(lines.nameStart[index], lines.valueEnd[index])).toString("latin1"),
    );
    streamOf(head.stream).heads.push(texts);
  };
  const reader = new FrameReader(
    {
      onFrame(head, bytes, start, end) {
        note(head);
        const payload = bytes.slice(start, end);
        if (head.type === FrameType.Headers || head.type === FrameType.Continuation) onBlock(head, payload);
        if (head.type === FrameType.RstStream) streamOf(head.stream).reset = readUint31(payload, 0);
        if (head.type === FrameType.GoAway) goAways.push([readUint31(payload, 0), readUint31(payload, 4)]);
      },
      onDataHead: note,
      onDataBytes(head, bytes, start, end) {
        const stream = streamOf(head.stream);
        stream.data += Buffer.from(bytes.subarray(start, end)).toString("latin1");
      },
      onDataEnd(head) {
        const stream = streamOf(head.stream);
        if (head.length > 0) stream.frames += 1;
        if (head.has(Flag.EndStream)) stream.isEnded = true;
      },
      onFrameFault(code: ErrorCode) {
        throw new Error(`the proxy sent a broken frame: ${code}`);
      },
    },
    16_384,
  );
  return {
    streams,
    goAways,
    count: (type, flags) => counts.get(flags === undefined ? `${type}` : `${type}/${flags}`) ?? 0,
    read: (bytes) => reader.read(bytes, 0, bytes.length),
  };
}

/** Opens a connection; by default it begins as it should. */
export function rawClient(port: number, settings: Uint8Array = frame(FrameType.Settings, 0, 0)): RawClient {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  const record = http2Record();
  const ended = Promise.withResolvers<void>();
  const waiters = new Set<() => void>();
  socket.on("data", (bytes: Buffer) => {
    record.read(bytes);
    for (const check of waiters) check();
  });
  socket.on("error", () => undefined);
  socket.on("close", () => ended.resolve());
  socket.write(PREFACE);
  socket.write(settings);
  return {
    socket,
    ...record,
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    ended: ended.promise,
    async until(condition) {
      const met = Promise.withResolvers<void>();
      const check = () => condition() && met.resolve();
      waiters.add(check);
      check();
      await Promise.race([met.promise, ended.promise]);
      waiters.delete(check);
      if (!condition()) throw new Error(`the connection ended before; GOAWAY ${JSON.stringify(record.goAways)}`);
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

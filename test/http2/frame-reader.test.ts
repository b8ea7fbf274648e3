import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "#src/http2/error-code.ts";
import { Flag, type FrameHead, FrameType, writeFrameHead } from "#src/http2/frame-head.ts";
import { FrameReader, type FrameReceiver } from "#src/http2/frame-reader.ts";
import { USUAL_FRAME_BYTES } from "#src/http2/settings.ts";
import { hex } from "#test/wire/hex.ts";

/** Writes down what it gets. */
class Notes implements FrameReceiver {
  readonly frames: string[] = [];
  #data = "";
  onFrame(head: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    this.frames.push(`${head.type}/${head.flags}/${head.stream} ${text(bytes, start, end)}`);
  }
  onDataHead(head: FrameHead): void {
    this.#data = `data of ${head.length}/${head.flags}/${head.stream} `;
  }
  onDataBytes(_head: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    expect(end).toBeGreaterThan(start);
    this.#data += text(bytes, start, end);
  }
  onDataEnd(): void {
    this.frames.push(this.#data);
  }
  onFrameFault(code: ErrorCode): void {
    this.frames.push(`fault ${code}`);
  }
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString("hex");
}

function read(pieces: readonly Uint8Array[]): string[] {
  const notes = new Notes();
  const reader = new FrameReader(notes, USUAL_FRAME_BYTES);
  for (const piece of pieces) reader.read(piece, 0, piece.length);
  return notes.frames;
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  writeFrameHead(bytes, 0, { length: payload.length, type, flags, stream });
  bytes.set(payload, 9);
  return bytes;
}

const anyFrame = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((payload) => frame(FrameType.Headers, Flag.EndHeaders, 3, payload)),
  fc.uint8Array({ maxLength: 40 }).map((payload) => frame(FrameType.Data, 0, 3, payload)),
  fc
    .tuple(fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 0, max: 30 }))
    .map(([data, padding]) =>
      frame(FrameType.Data, Flag.Padded, 5, Uint8Array.of(padding, ...data, ...new Uint8Array(padding))),
    ),
  fc.constant(frame(FrameType.Settings, Flag.Ack, 0, new Uint8Array(0))),
  fc.uint8Array({ maxLength: 9 }).map((payload) => frame(0xbe, 0, 0, payload)),
);

describe("FrameReader", () => {
  it("reads frames, the reserved bit ignored", () => {
    expect(
      read([hex("000004 08 00 80000001 00000010   000003 00 01 00000001 616263   000000 04 01 00000000")]),
    ).toEqual(["8/0/1 00000010", "data of 3/1/1 616263", "4/1/0 "]);
  });

  it("gives data without padding", () => {
    expect(read([hex("000006 00 08 00000001 02 616263 0000")])).toEqual(["data of 6/8/1 616263"]);
    expect(read([hex("000001 00 08 00000001 00")])).toEqual(["data of 1/8/1 "]);
    expect(read([hex("000003 00 08 00000001 02 0000   000000 00 01 00000001")])).toEqual([
      "data of 3/8/1 ",
      "data of 0/1/1 ",
    ]);
  });

  it("reads the same however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 12 })), (frames, cuts) => {
        const all = Buffer.concat(frames);
        const pieces: Uint8Array[] = [];
        let from = 0;
        for (const cut of cuts) {
          pieces.push(all.subarray(from, from + cut));
          from += cut;
        }
        pieces.push(all.subarray(from));
        expect(read(pieces)).toEqual(read([all]));
        expect(read([all])).toHaveLength(frames.length);
      }),
    );
  });

  it.each([
    ["a frame larger than allowed", "004001 00 00 00000001", ErrorCode.FrameSizeError],
    ["a PING of 7 bytes", "000007 06 00 00000000 00000000000000", ErrorCode.FrameSizeError],
    ["a PRIORITY of 4 bytes", "000004 02 00 00000001 00000000", ErrorCode.FrameSizeError],
    ["a RST_STREAM of 3 bytes", "000003 03 00 00000001 000000", ErrorCode.FrameSizeError],
    ["a WINDOW_UPDATE of 5 bytes", "000005 08 00 00000001 0000000000", ErrorCode.FrameSizeError],
    ["SETTINGS of 5 bytes", "000005 04 00 00000000 0000000000", ErrorCode.FrameSizeError],
    ["an acknowledgement of SETTINGS with content", "000006 04 01 00000000 000000000000", ErrorCode.FrameSizeError],
    ["a GOAWAY of 7 bytes", "000007 07 00 00000000 00000000000000", ErrorCode.FrameSizeError],
    ["DATA of stream 0", "000000 00 00 00000000", ErrorCode.ProtocolError],
    ["HEADERS of stream 0", "000000 01 04 00000000", ErrorCode.ProtocolError],
    ["CONTINUATION of stream 0", "000000 09 04 00000000", ErrorCode.ProtocolError],
    ["SETTINGS of a stream", "000000 04 00 00000001", ErrorCode.ProtocolError],
    ["a PING of a stream", "000008 06 00 00000001 0000000000000000", ErrorCode.ProtocolError],
    ["padding longer than the data", "000002 00 08 00000001 02 00", ErrorCode.ProtocolError],
    ["padded DATA of nothing", "000000 00 08 00000001", ErrorCode.FrameSizeError],
  ])("refuses %s, and reads nothing after it", (_name, bytes, code) => {
    const all = hex(`${bytes} 000000 04 01 00000000`);
    const expected = [`fault ${code}`];
    expect(read([all])).toEqual(expected);
    expect(read(Array.from(all, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it("returns behind the frame at which it was told to yield, and reads on from there", () => {
    const bytes = hex("000000 04 01 00000000   000000 04 01 00000000   000003 00 01 00000001 616263");
    const notes = new Notes();
    const reader = new FrameReader(notes, USUAL_FRAME_BYTES);
    notes.onFrame = () => reader.yield();
    expect(reader.read(bytes, 0, bytes.length)).toBe(9);
    expect(reader.read(bytes, 9, bytes.length)).toBe(18);
    expect(reader.read(bytes, 18, bytes.length)).toBe(30);
    expect(notes.frames).toEqual(["data of 3/1/1 616263"]);
  });

  it("never throws on any bytes, and holds one frame at most", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
        const reader = new FrameReader(new Notes(), USUAL_FRAME_BYTES);
        for (const piece of pieces) reader.read(piece, 0, piece.length);
        expect(reader.heldBytes).toBeLessThanOrEqual(16_393);
      }),
    );
  });
});

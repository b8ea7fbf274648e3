import { describe, expect, it } from "vitest";
import { ErrorCode } from "#src/http2/error-code.ts";
import { FrameHead } from "#src/http2/frame-head.ts";
import { headerPayload } from "#src/http2/header-payload.ts";
import { MAX_WINDOW_BYTES, PeerSettings, Setting, settingsFrame, USUAL_WINDOW_BYTES } from "#src/http2/settings.ts";
import { hex } from "#test/wire/hex.ts";

function take(text: string): { readonly fault: ErrorCode | undefined; readonly settings: PeerSettings } {
  const settings = new PeerSettings();
  const bytes = hex(text);
  return { fault: settings.take(bytes, 0, bytes.length), settings };
}

describe("PeerSettings", () => {
  it("takes what matters, and ignores what it does not know", () => {
    expect(take("0003 00000064  0004 00010000  0005 00008000  0008 00000001  0001 00000000  0fff ffffffff")).toEqual({
      fault: undefined,
      settings: { maxStreams: 100, tableBytes: 0, windowBytes: 65_536, frameBytes: 32_768, takesProtocols: true },
    });
  });

  it.each([
    ["ENABLE_PUSH 2", "0002 00000002", ErrorCode.ProtocolError],
    ["ENABLE_CONNECT_PROTOCOL 2", "0008 00000002", ErrorCode.ProtocolError],
    ["a window of 2^31", "0004 80000000", ErrorCode.FlowControlError],
    ["frames of 16,383 bytes", "0005 00003fff", ErrorCode.ProtocolError],
    ["frames of 2^24 bytes", "0005 01000000", ErrorCode.ProtocolError],
  ])("refuses %s", (_name, bytes, code) => {
    expect(take(bytes).fault).toBe(code);
  });

  it("reads what settingsFrame() writes", () => {
    const frame = settingsFrame([
      [Setting.MaxConcurrentStreams, 0xffff_ffff],
      [Setting.InitialWindowSize, MAX_WINDOW_BYTES],
    ]);
    const settings = new PeerSettings();
    expect(settings.windowBytes).toBe(USUAL_WINDOW_BYTES);
    expect(Buffer.from(frame.subarray(0, 9)).toString("hex")).toBe("00000c040000000000");
    expect(settings.take(frame, 9, frame.length)).toBeUndefined();
    expect(settings).toMatchObject({ maxStreams: 0xffff_ffff, windowBytes: 0x7fff_ffff });
  });
});

describe("headerPayload()", () => {
  it.each([
    ["plain", 0x04, "8286", { start: 9, end: 11, dependsOn: 0 }],
    ["padded", 0x0c, "01 8286 00", { start: 10, end: 12, dependsOn: 0 }],
    ["with priority", 0x24, "80000003 0f 8286", { start: 14, end: 16, dependsOn: 3 }],
    ["with both", 0x2c, "02 00000005 0f 8286 0000", { start: 15, end: 17, dependsOn: 5 }],
    ["padding alone", 0x0c, "00", { start: 10, end: 10, dependsOn: 0 }],
    ["padding longer than the rest", 0x0c, "03 8286", undefined],
    ["padding that reaches into the priority", 0x2c, "01 00000005 0f", undefined],
    ["no room for a priority", 0x24, "00000005", undefined],
    ["no room for the padding's length", 0x0c, "", undefined],
  ])("finds the block of a frame: %s", (_name, flags, payload, place) => {
    const bytes = hex(`000000 01 ${flags.toString(16).padStart(2, "0")} 00000001 ${payload}`);
    const head = new FrameHead();
    head.read(bytes, 0);
    expect(headerPayload(head, bytes, 9, bytes.length)).toEqual(place);
  });
});

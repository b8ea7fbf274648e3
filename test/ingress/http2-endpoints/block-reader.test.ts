import { expect, it } from "vitest";
import { Flag, FrameHead, FrameType } from "#src/http2/frame-head.ts";
import { BlockReader } from "#ingress/engine/h2-endpoint/block-reader.ts";
import { frame } from "#test/support/http2-frames.ts";

it("BlockReader keeps the parts of a block, though the memory of each read is that of the next one", () => {
  const read = Buffer.alloc(64);
  const blocks = new BlockReader();
  const give = (type: number, flags: number, part: Buffer) => {
    const end = frame(type, flags, 1, part).copy(read);
    const head = new FrameHead();
    head.read(read, 0);
    return blocks.add(head, read, 9, end);
  };
  // RFC 7541: status 200 by index 8, then a literal field "name: value", never indexed.
  expect(give(FrameType.Headers, Flag.EndStream, Buffer.from("\x88\x10\x04na", "latin1"))).toEqual({ kind: "part" });
  expect(give(FrameType.Continuation, 0, Buffer.from("me\x05v", "latin1"))).toEqual({ kind: "part" });
  expect(give(FrameType.Continuation, Flag.EndHeaders, Buffer.from("alue", "latin1"))).toEqual({
    kind: "whole",
    stream: 1,
    isEnd: true,
  });
  const { bytes, at } = blocks.lines;
  expect(Buffer.from(bytes.subarray(0, at)).toString("latin1")).toContain("name: value\r\n");
});

import { expect, it } from "vitest";
import { Flag, FrameHead, FrameType } from "#src/http2/frame-head.ts";
import { HeaderBlocks } from "#src/http2/header-blocks.ts";
import { frame } from "#test/support/http2-frames.ts";

it("HeaderBlocks keeps the parts of a block, though the memory of each read is that of the next one", () => {
  const read = Buffer.alloc(64);
  const found: string[] = [];
  const blocks = new HeaderBlocks({ bytes: 1_024, continuations: 16 }, ({ bytes, start, end }) => {
    found.push(Buffer.from(bytes.subarray(start, end)).toString());
  });
  const give = (type: number, flags: number, text: string) => {
    const head = new FrameHead();
    const end = frame(type, flags, 1, Buffer.from(text)).copy(read);
    head.read(read, 0);
    return type === FrameType.Headers
      ? blocks.takeHeaders(head, read, 9, end)
      : blocks.takeContinuation(head, read, 9, end);
  };
  expect(give(FrameType.Headers, Flag.EndStream, "first ")).toBeUndefined();
  expect(give(FrameType.Continuation, 0, "second ")).toBeUndefined();
  expect(give(FrameType.Continuation, Flag.EndHeaders, "third")).toBeUndefined();
  expect(found).toEqual(["first second third"]);
});

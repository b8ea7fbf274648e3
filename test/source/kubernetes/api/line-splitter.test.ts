import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter } from "#src/source/kubernetes/api/line-splitter.ts";

describe("LineSplitter", () => {
  it("gives the same lines however the bytes are cut", () => {
    const text = '{"a":"ä€😀"}\n\n{"b":1}\n';
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: Buffer.byteLength(text) - 1 })), (cuts) => {
        const splitter = new LineSplitter();
        const bytes = Buffer.from(text);
        const ends = [...new Set(cuts)].sort((left, right) => left - right);
        const pieces = [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect(pieces.flatMap((piece) => splitter.push(piece))).toEqual(['{"a":"ä€😀"}', '{"b":1}']);
      }),
    );
  });

  it("throws for a line without end", () => {
    const splitter = new LineSplitter();
    const piece = Buffer.alloc(1 << 20, "x");
    expect(() => {
      for (let megabytes = 0; megabytes < 20; megabytes++) splitter.push(piece);
    }).toThrow("without end");
  });
});

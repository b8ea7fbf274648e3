import { describe, expect, it } from "vitest";
import { encodeProgram, load, returns, skipIf } from "#src/layer2/encode-program.ts";
import { checkFilter, runFilter } from "./bpf-machine.ts";
import { hex } from "#test/wire/hex.ts";

describe("encodeProgram()", () => {
  it("writes struct sock_filter: code, both jumps, operand, little-endian", () => {
    const program = [
      load("loadHalf", 12),
      ...skipIf("jumpIfEqual", 0x0806, { when: true, over: [returns(0)] }),
      returns(42),
    ];
    expect(encodeProgram(program)).toEqual(
      hex(`
        2800 00 00 0c000000
        1500 01 00 06080000
        0600 00 00 00000000
        0600 00 00 2a000000
      `),
    );
  });

  it("writes negative offsets, which name what the kernel knows beside the bytes", () => {
    expect(encodeProgram([load("loadWord", -0x1000 + 4)])).toEqual(hex("2000 00 00 04f0ffff"));
  });
});

describe("skipIf()", () => {
  it.each([1, 2, 254, 255, 256, 257, 1_000])(
    "skips %i instructions, near or far, exactly if the test says so",
    (distance) => {
      const over = Array.from({ length: distance }, () => returns(1));
      for (const when of [true, false]) {
        const filter = encodeProgram([load("loadByte", 0), ...skipIf("jumpIfEqual", 7, { when, over }), returns(2)]);
        checkFilter(filter);
        const two = Uint8Array.of(7, 0);
        expect(runFilter(filter, two).keeps).toBe(when ? 2 : 1);
        expect(
          runFilter(
            filter,
            two.map((byte) => byte + 1),
          ).keeps,
        ).toBe(when ? 1 : 2);
      }
    },
  );
});

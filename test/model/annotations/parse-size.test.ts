import { describe, expect, it } from "vitest";
import { parseSize } from "#src/model/annotations/parse-size.ts";

describe("parseSize()", () => {
  it.each([
    ["0", 0],
    ["512", 512],
    ["10b", 10],
    ["8k", 8_192],
    ["8K", 8_192],
    ["1m", 1_048_576],
    ["100M", 104_857_600],
    ["2G", 2_147_483_648],
  ])("reads %j as %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(["", "m", "-1", "1.5m", "1 m", "1mb", "10Mi", "1t", "0x10", "9999999g", "9999999999999999"])(
    "cannot read %j",
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});

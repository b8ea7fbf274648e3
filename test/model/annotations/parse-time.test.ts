import { describe, expect, it } from "vitest";
import { parseTime } from "#src/model/annotations/parse-time.ts";

describe("parseTime()", () => {
  it.each([
    ["0", 0],
    ["60", 60_000],
    ["60s", 60_000],
    ["1m", 60_000],
    ["1h30m", 5_400_000],
    ["1m30", 90_000],
    ["500ms", 500],
    ["1s500ms", 1_500],
    ["1d", 86_400_000],
    ["1w", 604_800_000],
    ["1M", 2_592_000_000],
    ["1y", 31_536_000_000],
  ])("reads %j as %d ms", (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it.each(["", "s", "-1", "1.5", "1 m", "30m1h", "1m1m", "1sec", "60S", "5 0", "9999999999", "999999999y"])(
    "cannot read %j",
    (text) => {
      expect(parseTime(text)).toBeUndefined();
    },
  );
});

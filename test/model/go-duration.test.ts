import { expect, it } from "vitest";
import { parseGoDuration } from "#src/model/go-duration.ts";

/** Each as time.ParseDuration of Go 1.26 answers, other than for negative ones. */
it.each([
  ["0", 0],
  ["+0", 0],
  ["-0", 0],
  ["-0s", 0],
  ["90s", 90_000],
  ["+90s", 90_000],
  ["1m30s", 90_000],
  ["9m0s", 540_000],
  ["1h", 3_600_000],
  ["1.5s", 1_500],
  ["1500ms", 1_500],
  [".5s", 500],
  ["1.h", 3_600_000],
  ["1.s.5s", 1_500],
  ["1h.5m1.ms", 3_630_001],
  ["00001s", 1_000],
  ["0.1s", 100],
  ["1us", 0.001],
  ["1\u00b5s", 0.001],
  ["1\u03bcs", 0.001],
  ["1ns", 0.000_001],
  ["0.9ns", 0],
  ["1.999999999999999999999s", 2_000],
  ["9223372036.854775807s", 9_223_372_036_854.775],
  ["9223372036854775807ns", 9_223_372_036_854.775],
  ["2562047h", 9_223_369_200_000],
  ["9223372036854775808ns", undefined],
  ["-9223372036854775808ns", undefined],
  ["99999999999999999999ns", undefined],
  ["2562048h", undefined],
  ["2562047h1h", undefined],
  ["90", undefined],
  ["-1s", undefined],
  ["--1s", undefined],
  ["+", undefined],
  ["", undefined],
  ["s", undefined],
  [".s", undefined],
  [".", undefined],
  ["1.2.3s", undefined],
  ["1 s", undefined],
  [" 1s", undefined],
  ["1s\n", undefined],
  ["1S", undefined],
  ["1d", undefined],
  ["1e3s", undefined],
  ["\u0661s", undefined],
])("parseGoDuration(%j) is %j", (text, is) => {
  const found = parseGoDuration(text);
  if (is === undefined) expect(found).toBeUndefined();
  else expect(found).toBeCloseTo(is, 7);
});

it("reads a long text in time that grows with it", () => {
  expect(parseGoDuration(`${"1".repeat(1e6)}x`)).toBeUndefined();
  expect(parseGoDuration(`${"0".repeat(1e6)}1s`)).toBe(1_000);
  expect(parseGoDuration("1ns".repeat(1e5))).toBe(0.1);
});

import { expect, it } from "vitest";
import { parseGoDuration } from "#src/model/go-duration.ts";

it.each([
  ["0", 0],
  ["90s", 90_000],
  ["1m30s", 90_000],
  ["9m0s", 540_000],
  ["1h", 3_600_000],
  ["1.5s", 1_500],
  ["1500ms", 1_500],
  ["90", undefined],
  ["-1s", undefined],
  ["", undefined],
  ["s", undefined],
  ["1 s", undefined],
])("parseGoDuration(%j) is %j", (text, is) => {
  expect(parseGoDuration(text)).toBe(is);
});

import { describe, expect, it } from "vitest";
import { nearest } from "#src/model/nearest.ts";

describe("nearest()", () => {
  it.each([
    { word: "contoller", want: "controller" },
    { word: "chekc", want: "check" },
    { word: "speeker", want: "speaker" },
    { word: "stauts", want: "status" },
    { word: "x", want: undefined },
    { word: "kubernetes", want: undefined },
    { word: "", want: undefined },
  ])("finds $want for $word", ({ word, want }) => {
    expect(nearest(word, ["controller", "speaker", "check", "status"])).toBe(want);
  });
});

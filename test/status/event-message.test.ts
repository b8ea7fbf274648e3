import { describe, expect, it } from "vitest";
import { cutEventMessage } from "#src/status/event-message.ts";

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

describe("cutEventMessage()", () => {
  it.each([
    { name: "ASCII that fits", text: "a".repeat(1_024), cut: "a".repeat(1_024) },
    { name: "ASCII that does not", text: "a".repeat(1_025), cut: `${"a".repeat(1_021)}...` },
    { name: "two bytes each, that fit", text: "é".repeat(512), cut: "é".repeat(512) },
    { name: "two bytes each, that do not", text: "é".repeat(513), cut: `${"é".repeat(510)}...` },
    { name: "pairs of units", text: "\u{1F6A2}".repeat(257), cut: `${"\u{1F6A2}".repeat(255)}...` },
    { name: "nothing", text: "", cut: "" },
  ])("L16 cuts by bytes, and between characters: $name", ({ text, cut }) => {
    expect(cutEventMessage(text)).toBe(cut);
    expect(bytesOf(cutEventMessage(text))).toBeLessThanOrEqual(1_024);
  });

  it.each([
    { name: "that fits", text: "a".repeat(1_019), cut: `${"a".repeat(1_019)} end.` },
    { name: "that does not", text: "a".repeat(1_020), cut: `${"a".repeat(1_016)}... end.` },
  ])("F keeps the end of a message whole: $name", ({ text, cut }) => {
    expect(cutEventMessage(text, " end.")).toBe(cut);
  });
});

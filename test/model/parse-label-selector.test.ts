import { describe, expect, it } from "vitest";
import { matchesLabels } from "#src/model/label-selector.ts";
import { parseLabelSelector } from "#src/model/parse-label-selector.ts";

describe("parseLabelSelector()", () => {
  const labels = { team: "web", tier: "a", "example.com/kind": "", old: "1" };

  it.each([
    { text: "team=web", matches: true },
    { text: "team==web", matches: true },
    { text: "team = web , tier=a", matches: true },
    { text: "team=web,tier=b", matches: false },
    { text: "team!=web", matches: false },
    { text: "missing!=web", matches: true },
    { text: "team in (db, web),tier notin (b,c)", matches: true },
    { text: "team in (db)", matches: false },
    { text: "team notin (web)", matches: false },
    { text: "team", matches: true },
    { text: "!old", matches: false },
    { text: "! gone", matches: true },
    { text: "example.com/kind=", matches: true },
    { text: "toString", matches: false },
  ])("reads $text, which matches: $matches", ({ text, matches }) => {
    const selector = parseLabelSelector(text);
    expect(selector && matchesLabels(selector, labels)).toBe(matches);
  });

  it.each([
    "",
    " ",
    "team=web,",
    "team=we b",
    "team in web",
    "team in (a",
    "te am",
    "=web",
    "team>1",
    "a/b/c=d",
    "!team=web",
  ])("reads no selector in %j", (text) => expect(parseLabelSelector(text)).toBeUndefined());
});

import { describe, expect, it } from "vitest";
import { chosen } from "#bench/chosen.ts";
import { FILTER_CASE_NAMES } from "#bench/http/all-filters.ts";

const names = ["keepalive", "large", "filter-cors", "filter-gzip"];
const groups = { filters: ["filter-cors", "filter-gzip"] };

describe("what an option of a bench chooses", () => {
  it.each([
    { name: "all without it", text: undefined, found: names },
    { name: "one", text: "large", found: ["large"] },
    { name: "several, in any order", text: "filter-gzip,keepalive", found: ["filter-gzip", "keepalive"] },
    { name: "a group and one beside it", text: "filters,large", found: ["filter-cors", "filter-gzip", "large"] },
  ])("$name", ({ text, found }) => {
    expect(chosen(names, text, { option: "only", groups })).toEqual(new Set(found));
  });

  it.each(["smal", "", "large,", "Large"])("%j is not a name", (text) => {
    expect(() => chosen(names, text, { option: "only", groups })).toThrow(/^--only takes some of these, .*keepalive/);
  });

  it("each filter of the bench has a name of its own", () => {
    expect(new Set(FILTER_CASE_NAMES).size).toBe(FILTER_CASE_NAMES.length);
    expect(FILTER_CASE_NAMES).toContain("filter-bare");
  });
});

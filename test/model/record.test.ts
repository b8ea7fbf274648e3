import { describe, expect, it } from "vitest";
import { isRecord, listOf, recordOf, recordsOf, textOf, textsOf } from "#src/model/record.ts";

const map = { a: 1 };

describe("readers of values of unknown shape", () => {
  it.each([
    { name: "a map", value: map, record: map, text: "", list: [] },
    { name: "a list", value: ["x", 2, map, null, ["y"]], record: {}, text: "", list: ["x", 2, map, null, ["y"]] },
    { name: "a text", value: "x", record: {}, text: "x", list: [] },
    { name: "a number", value: 7, record: {}, text: "", list: [] },
    { name: "null", value: null, record: {}, text: "", list: [] },
    { name: "nothing", value: undefined, record: {}, text: "", list: [] },
  ])("take $name for what it is, and for no other thing", ({ value, record, text, list }) => {
    expect(isRecord(value)).toBe(value === map);
    expect([recordOf(value), textOf(value), listOf(value)]).toEqual([record, text, list]);
  });

  it("pass over the entries of a list that are something else", () => {
    const mixed = ["x", 2, map, null, ["y"], { b: 2 }, "z"];
    expect([textsOf(mixed), recordsOf(mixed)]).toEqual([
      ["x", "z"],
      [map, { b: 2 }],
    ]);
    expect([textsOf("x"), recordsOf(map)]).toEqual([[], []]);
  });
});

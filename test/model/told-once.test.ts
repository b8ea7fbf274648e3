import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ToldOnce } from "#src/model/told-once.ts";

describe("ToldOnce", () => {
  it.each([
    { name: "nothing of a subject never heard of", before: [], now: [], isNews: false },
    { name: "a first text", before: [], now: ["a"], isNews: true },
    { name: "the same", before: [["a", "b"]], now: ["a", "b"], isNews: false },
    { name: "one more", before: [["a"]], now: ["a", "b"], isNews: true },
    { name: "its end", before: [["a"]], now: [], isNews: true },
    { name: "its return", before: [["a"], []], now: ["a"], isNews: true },
    { name: "another", before: [["a"]], now: ["b"], isNews: true },
  ])("$name is news: $isNews", ({ before, now, isNews }) => {
    const told = new ToldOnce();
    for (const texts of before) told.isNews("x", texts);
    expect(told.isNews("x", now)).toBe(isNews);
  });

  it("keeps subjects apart, and counts each text of each once", () => {
    const told = new ToldOnce();
    expect([told.isNews("x", ["a", "a"]), told.isNews("y", ["a"]), told.count]).toEqual([true, true, 2]);
  });

  it("names the new texts alone", () => {
    const told = new ToldOnce();
    expect([...told.newOf("x", ["a", "b"])]).toEqual(["a", "b"]);
    expect([...told.newOf("x", ["b", "c"])]).toEqual(["c"]);
    expect([...told.newOf("x", ["b", "c"])]).toEqual([]);
  });

  it("has no room for more subjects than it is given", () => {
    const told = new ToldOnce(2);
    expect(["x", "y", "z"].map((subject) => told.isNews(subject, ["a"]))).toEqual([true, true, false]);
    expect(told.isNews("x", [])).toBe(true);
    expect(told.isNews("z", ["a"])).toBe(true);
  });

  it("says again what was said exactly where something else was said of the subject in between", () => {
    const steps = fc.array(fc.tuple(fc.constantFrom("x", "y"), fc.array(fc.constantFrom("a", "b"), { maxLength: 2 })));
    fc.assert(
      fc.property(steps, (all) => {
        const told = new ToldOnce();
        const last = new Map<string, string>();
        for (const [subject, texts] of all) {
          expect(told.isNews(subject, texts)).toBe(texts.join() !== (last.get(subject) ?? ""));
          last.set(subject, texts.join());
        }
      }),
    );
  });
});

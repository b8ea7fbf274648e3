import { describe, expect, it } from "vitest";
import { read } from "./page.ts";

describe("CHANGELOG.md", () => {
  const versions = read("CHANGELOG.md").split(/^## /m).slice(1);

  it("has the sections of Keep a Changelog, in their order and each once", () => {
    const order = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
    for (const text of versions) {
      const sections = [...text.matchAll(/^### (\w+)$/gm)].map(([, name = ""]) => name);
      expect(sections).toEqual(order.filter((name) => sections.includes(name)));
    }
  });

  it("has each entry once", () => {
    const entries = [...read("CHANGELOG.md").matchAll(/^- [^\n]*(?:\n {2}[^\n]*)*/gm)].map(([entry]) => entry);
    expect(entries.length).toBeGreaterThan(50);
    expect(entries.filter((entry, index) => entries.indexOf(entry) !== index)).toEqual([]);
  });
});

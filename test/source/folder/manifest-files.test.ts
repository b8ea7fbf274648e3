import { describe, expect, it } from "vitest";
import { ManifestFiles } from "#src/source/folder/manifest-files.ts";

function service(name: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { type: LoadBalancer }\n`;
}

function both(...names: readonly string[]): string {
  return names.map(service).join("---\n");
}

const id = (name: string): string => `Service/default/${name}`;

describe("ManifestFiles", () => {
  it("touches nothing where a file says what it said, and is no longer young", () => {
    const files = new ManifestFiles();
    expect([...files.set("a.yaml", both("one", "two"), true)]).toEqual([id("one"), id("two")]);
    const before = files.get(id("one"));
    expect([...files.set("a.yaml", both("one", "two"), false)]).toEqual([]);
    expect(files.get(id("one"))).toBe(before);
  });

  it("forgets what a young file said no longer once the file has settled with the same text", () => {
    const files = new ManifestFiles();
    files.set("a.yaml", both("one", "two"), false);
    files.set("a.yaml", service("one"), true);
    expect(files.get(id("two"))).toBeDefined();
    files.set("a.yaml", service("one"), false);
    expect(files.get(id("two"))).toBeUndefined();
    expect(files.get(id("one"))).toBeDefined();
  });

  it("reads a file again that was deleted in the meantime", () => {
    const files = new ManifestFiles();
    files.set("a.yaml", service("one"), false);
    files.delete("a.yaml");
    expect(files.get(id("one"))).toBeUndefined();
    expect([...files.set("a.yaml", service("one"), false)]).toEqual([id("one")]);
    expect(files.get(id("one"))).toBeDefined();
  });

  it("keeps the problems of a file that says what it said", () => {
    const files = new ManifestFiles();
    const broken = `${service("one")}---\nkind: [\n`;
    files.set("a.yaml", broken, false);
    const problems = files.problems("a.yaml");
    expect(problems.length).toBeGreaterThan(0);
    files.set("a.yaml", broken, false);
    expect(files.problems("a.yaml")).toEqual(problems);
  });
});

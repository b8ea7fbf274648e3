import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { inspectObjects } from "#src/check/inspect-objects.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { codes, describeManifests } from "./build.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const filesIn = (pattern: string) => globSync(pattern, { cwd: root }).sort();
const textOf = (path: string) => readFileSync(root + path, "utf8");

/** Codes of all problems of a file: in the text, and in each of its objects. */
function codesIn(path: string): string[] {
  const { objects, problems } = parseManifests(textOf(path), basename(path));
  return codes([...problems, ...inspectObjects(objects).inspected.flatMap((one) => one.problems)]);
}

describe("manifests, from text to values", () => {
  const inputs = filesIn("test/golden/model/*.in.yaml");
  it.each(inputs)("%s", async (path) => {
    await expect(describeManifests(textOf(path))).toMatchFileSnapshot(root + path.replace(".in.yaml", ".out.yaml"));
  });
});

describe("broken configurations", () => {
  const broken = filesIn("test/golden/model/broken/*.yaml");

  it("are at least ten", () => {
    expect(broken.length).toBeGreaterThanOrEqual(10);
  });

  it.each(broken)("%s gives the codes in its first line", (path) => {
    const expected = /^# expect: (.+)$/m.exec(textOf(path))?.[1];
    expect(codesIn(path).join(" ")).toBe(expected);
  });
});

describe("the manifests of the two articles, as printed there", () => {
  it.each(filesIn("test/golden/seeds/*.yaml").filter((path) => !path.endsWith(".out.yaml")))("%s", async (path) => {
    expect(codesIn(path).filter((code) => code === code.toUpperCase())).toEqual([]);
    await expect(describeManifests(textOf(path))).toMatchFileSnapshot(root + path.replace(".yaml", ".out.yaml"));
  });
});

describe("YAML that users copy", () => {
  // Prometheus reads its own files.
  const published = filesIn("config/**/*.yaml").filter((path) => !path.startsWith("config/monitoring/prometheus/"));

  it("is there", () => {
    expect(published.length).toBeGreaterThanOrEqual(6);
  });

  it.each(published)("%s has no problem", (path) => {
    expect(codesIn(path)).toEqual([]);
  });

  it.each(filesIn("config/samples/*.yaml"))("%s holds objects that Hawser reads, and nothing else", (path) => {
    const { objects, otherKinds } = parseManifests(textOf(path), path);
    expect(objects.length).toBeGreaterThan(0);
    expect([...otherKinds]).toEqual([]);
  });
});

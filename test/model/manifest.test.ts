import { describe, expect, it } from "vitest";
import { MAX_MANIFEST_LENGTH, parseManifests } from "#src/model/manifest.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { parseService } from "#src/model/service.ts";
import { codes, valueOf } from "./build.ts";

const well = (name: string) => `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n`;

function read(text: string) {
  const { objects, problems, places } = parseManifests(text, "f.yaml");
  return {
    names: objects.map(({ metadata }) => metadata.name),
    codes: codes(problems),
    where: problems.map(({ at }) => printPlace(at)),
    places: [...places.values()].map(printPlace),
  };
}

describe("parseManifests()", () => {
  it.each(["", "\n\n", "---\n", "---\n---\n...\n", "# only a comment\n", "null\n", "\uFEFF"])(
    "%j holds nothing",
    (text) => {
      expect(read(text)).toEqual({ names: [], codes: [], where: [], places: [] });
    },
  );

  it.each([
    { name: "an open quote", broken: 'a: "x\nb: 1' },
    { name: "an open bracket", broken: "a: [1, 2" },
    { name: "an open brace", broken: "{a: 1" },
    { name: "a tab", broken: "a:\n\tb: 1" },
    { name: "a key without a colon", broken: "kind: Service\nmeta" },
    { name: "an alias to nothing", broken: "a: *nowhere" },
    { name: "an alias inside itself", broken: "a: &a [*a]" },
    { name: "10,000 brackets", broken: "[".repeat(10_000) },
    { name: "a template", broken: "kind: Service\nmetadata:\n  name: {{ .Values.name }}" },
  ])("$name is one problem of its document alone", ({ broken }) => {
    const { names, codes: found, where } = read(`${well("one")}---\n${broken}\n---\n${well("two")}`);
    expect(names).toEqual(["one", "two"]);
    expect(found).toEqual(["MANIFEST_NOT_YAML"]);
    expect(where[0]).toMatch(/^f\.yaml:[5-9]$/);
  });

  it.each([
    { broken: "metadata\n  name: a", why: "no colon" },
    { broken: "kind: Service\nmeta", why: "no colon" },
    { broken: "replicas:1\nb: 2", why: "no colon" },
    { broken: "a: b: c", why: "two colons" },
  ])("says of $broken in plain words that it has $why", ({ broken, why }) => {
    const { problems } = parseManifests(broken, "f.yaml");
    expect(problems.map((problem) => problem.why)).toEqual([expect.stringContaining(why)]);
  });

  it.each([
    { name: "a program", text: "\u007FELF\u0002\0\0\n---\na: [\n: %b\0\n" },
    { name: "a file in UTF-16", text: well("one").replaceAll("", "\0") },
  ])("$name is one problem of the whole file", ({ text }) => {
    const { problems, objects } = parseManifests(text, "f.yaml");
    expect(objects).toEqual([]);
    expect(problems).toEqual([
      expect.objectContaining({
        code: "MANIFEST_NOT_YAML",
        at: { kind: "file", file: "f.yaml" },
        why: expect.stringContaining("zero byte"),
      }),
    ]);
  });

  it("names the line of the second key of two", () => {
    const { codes: found, where } = read(`${well("one")}---\n# comment\nkind: Service\nspec: {}\nkind: Ingress\n`);
    expect(found).toEqual(["MANIFEST_DUPLICATE_KEY"]);
    expect(where).toEqual(["f.yaml:9"]);
  });

  it.each(["1.10", "007", "0x10", "True"])("L12 keeps the label %s as it is written", (label) => {
    const text = `kind: Service\napiVersion: v1\nmetadata: {name: web, labels: {v: ${label}}}\nspec: {ports: [{port: 80}], selector: {v: ${label}}}\n`;
    const { objects } = parseManifests(text, "f.yaml");
    expect(objects.map(({ metadata }) => metadata.labels)).toEqual([{ v: label }]);
    expect(objects.map((object) => valueOf(parseService(object)).selector)).toEqual([{ v: label }]);
  });

  it("stops an alias bomb", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`,
    );
    expect(read(`a0: &a0 [x]\n${levels.join("\n")}\n`).codes).toEqual(["MANIFEST_NOT_YAML"]);
  });

  it("tells the place of each object", () => {
    expect(read(`%YAML 1.2\n# two\n---\n${well("one")}---\n\n${well("two")}`).places).toEqual([
      "f.yaml:4",
      "f.yaml:10",
    ]);
  });

  it("reads Windows line ends, JSON, anchors and merge keys", () => {
    expect(read(well("one").replaceAll("\n", "\r\n")).names).toEqual(["one"]);
    expect(read('{"apiVersion":"v1","kind":"Service","metadata":{"name":"one"}}').names).toEqual(["one"]);
    expect(read("apiVersion: v1\nkind: Service\nmetadata: {<<: &m {name: one}, labels: *m}\n").names).toEqual(["one"]);
  });

  it("expands lists, also in lists, but not without end", () => {
    const list = (items: string) => `{apiVersion: v1, kind: List, items: [${items}]}`;
    const one = "{apiVersion: v1, kind: Service, metadata: {name: one}}";
    expect(read(list(`${one}, ${list(one.replace("one", "two"))}`)).names).toEqual(["one", "two"]);
    expect(read(list(list(list(list(one))))).names).toEqual([]);
    expect(read(list("text, 5")).codes).toEqual(["OBJECT_NOT_A_MAP", "OBJECT_NOT_A_MAP"]);
  });

  it("counts what it passes over, and says nothing of it", () => {
    const role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n";
    const { otherKinds, problems } = parseManifests(`${role}---\n${role}---\n${well("one")}`, "f.yaml");
    expect([...otherKinds]).toEqual([["Role", 2]]);
    expect(problems).toEqual([]);
  });

  it("does not read a file past the limit", () => {
    expect(read(`# ${"x".repeat(MAX_MANIFEST_LENGTH)}`).codes).toEqual(["MANIFEST_TOO_LARGE"]);
  });

  it("looks at each key of a large map once: eight times the keys cost far less than 64 times", () => {
    // CPU time of this thread, the least of three: what else the machine does is not counted.
    const costOf = (count: number) => {
      const text = Array.from({ length: count }, (_, index) => `k${index}: 1`).join("\n");
      const costs = Array.from({ length: 3 }, () => {
        const before = process.threadCpuUsage();
        parseManifests(text, "f.yaml");
        return process.threadCpuUsage(before).user;
      });
      return Math.min(...costs);
    };
    costOf(4_000);
    expect(costOf(32_000) / costOf(4_000)).toBeLessThan(32);
  });
});

import { globSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exportsOf } from "./exports.ts";
import { read, root } from "./page.ts";

/** Names that several files export, and the only files that may. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  // The programs of `npm run bench`, which bench/main.ts imports under names of their own.
  main: [
    "bench/arp.ts",
    "bench/assign.ts",
    "bench/churn.ts",
    "bench/cores.ts",
    "bench/dead-node.ts",
    "bench/failover.ts",
    "bench/http.ts",
    "bench/memory.ts",
    "bench/mesh.ts",
    "bench/partition.ts",
    "bench/routes.ts",
    "bench/scale.ts",
    "bench/spurious.ts",
  ],
  prepare: ["bench/memory.ts", "bench/scale.ts"],
};

/** By name, the files that export it. A name that is both a value and its type counts once in a file. */
function exporters(texts: Readonly<Record<string, string>>): Readonly<Record<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const [path, text] of Object.entries(texts))
    for (const name of new Set(exportsOf(text))) found.set(name, [...(found.get(name) ?? []), path]);
  return Object.fromEntries(found);
}

function exportedTwice(texts: Readonly<Record<string, string>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(exporters(texts)).filter(([, paths]) => paths.length > 1));
}

const files = globSync("{src,native,controller,speaker,ingress,cli,lab,bench}/**/*.ts", { cwd: root }).toSorted();
const texts = Object.fromEntries(files.map((path) => [path, read(path)]));

describe("a name that the product, the lab and the benches export", () => {
  it("A one name is exported by one file", () => {
    expect(files.length).toBeGreaterThan(300);
    expect(exportedTwice(texts)).toEqual(SHARED);
  });

  it("is found in all the ways that a file can export it", () => {
    const odd = Object.entries(texts).flatMap(([path, text]) =>
      [...text.matchAll(/^export (?!type \{).*/gm)]
        .filter(([line]) => exportsOf(line).length === 0)
        .map(([line]) => `${path}: ${line}`),
    );
    expect(odd).toEqual([]);
  });

  it.each([
    { second: "export interface World {}", twice: { World: ["a.ts", "b.ts"] } },
    { second: "export async function World() {}", twice: { World: ["a.ts", "b.ts"] } },
    { second: "class World {}", twice: {} },
    { second: "export const Worlds = [];", twice: {} },
  ])("$second beside a class World", ({ second, twice }) => {
    expect(exportedTwice({ "a.ts": "export class World {}\nexport type World = 1;", "b.ts": second })).toEqual(twice);
  });
});

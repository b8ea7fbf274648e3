import { execFileSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkFiles } from "#cli/check-files.ts";
import { read, root } from "./page.ts";

const readme = read("README.md");

/** The fenced blocks of a page, by language; empty where none is named. */
function blocksOf(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```([a-z]*)\n([\s\S]*?)^```$/gm)].flatMap(([, of, body = ""]) =>
    of === language ? [body] : [],
  );
}

function hawser(...args: readonly string[]): string {
  return execFileSync(process.execPath, [`${root}cli/main.ts`, ...args], { encoding: "utf8" });
}

describe("README.md", () => {
  it("has manifests in which hawser check finds nothing", () => {
    const blocks = blocksOf(readme, "yaml");
    expect(blocks.length).toBeGreaterThan(0);
    const { findings, objects } = checkFiles(blocks.map((text, at) => ({ path: `README.md block ${at}`, text })));
    expect(findings).toEqual([]);
    expect(objects).toBeGreaterThan(1);
  });

  const shell = blocksOf(readme, "").join("\n");
  const calls = [...shell.matchAll(/^npx hawser (\S+)([^#\n]*)/gm)].map(([, verb = "", rest = ""]) => ({ verb, rest }));
  it.each(calls)("calls hawser $verb with options that it has:$rest", ({ verb, rest }) => {
    const help = hawser(verb, "--help");
    const flags = rest.match(/--[a-z-]+/g) ?? [];
    expect(flags.filter((flag) => !help.includes(`${flag} `))).toEqual([]);
  });

  it("14 begins with the two commands and a picture of the page, and is short", () => {
    const [first = ""] = blocksOf(readme, "");
    expect(first.match(/^npm \S+(?: \S+)?(?= )/gm)).toEqual(["npm run demo", "npm test"]);
    const [, picture = ""] = /!\[[^\]]+\]\(([^)]+)\)/.exec(readme) ?? [];
    expect(statSync(root + picture).size).toBeLessThan(150_000);
    expect(readme.indexOf(picture)).toBeLessThan(readme.indexOf("\n## "));
    expect(readme.split("\n").length).toBeLessThanOrEqual(140);
  });

  it("leads to docs/commands.md, whose table names every verb, and none that does not exist", () => {
    expect(readme).toContain("(docs/commands.md)");
    const listed = [...read("docs/commands.md").matchAll(/^\| `hawser ([a-z]+)/gm)].map(([, verb]) => verb);
    const verbs = [...hawser("--help").matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, verb]) => verb);
    expect(new Set(listed)).toEqual(new Set(verbs));
    expect(listed).toHaveLength(verbs.length);
  });

  const { scripts } = JSON.parse(read("package.json")) as { scripts: Readonly<Record<string, string>> };
  const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: root })];
  it.each(pages)("%s: what npm is to run exists, and so do the files it links to", (page) => {
    const text = read(page);
    const named = [...text.matchAll(/\bnpm run ([a-z:]+[a-z])/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = ""]) => target);
    const folder = page.includes("/") ? page.slice(0, page.lastIndexOf("/") + 1) : "";
    expect(links.filter((target) => !existsSync(root + folder + target))).toEqual([]);
  });
});

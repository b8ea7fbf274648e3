import { globSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { read, root, tableOf, withTable } from "./page.ts";
import { proseOf } from "./prose.ts";
import { WORDS } from "./words.ts";

/** Where one of these words is right, and why. */
const ALLOWED: readonly { readonly path: string; readonly not: string; readonly why: string }[] = [
  { path: "docs/glossary.md", not: "", why: "it shows what not to say" },
];

const files = globSync(
  [
    "{src,native,controller,speaker,ingress,cli,lab,bench,scripts}/**/*.{ts,js,c,h,sh}",
    "{config,lab}/**/*.yaml",
    "docs/**/*.md",
    "*.md",
  ],
  { cwd: root },
).toSorted();

/** So much of a text is shown on either side of what was found. */
const AROUND = 60;

/** What is said in a file that should be said otherwise. */
function findings(path: string): readonly string[] {
  const allowed = ALLOWED.filter((one) => one.path === path).map(({ not }) => not);
  if (allowed.includes("")) return [];
  return proseOf(path, read(path)).flatMap(({ line, text }) =>
    WORDS.flatMap(({ not, but, pattern }) => {
      const found = allowed.includes(not) ? null : pattern.exec(text);
      if (found === null) return [];
      const around = text.slice(Math.max(0, found.index - AROUND), found.index + found[0].length + AROUND);
      return [`${path}:${line} says "${found[0]}" (better: ${but}): ${around}`];
    }),
  );
}

describe("the words of comments, texts and pages (docs/glossary.md)", () => {
  it("are none of those that we do not say", () => {
    expect(files.length).toBeGreaterThan(300);
    expect(files.flatMap(findings)).toEqual([]);
  });

  it.each(ALLOWED)("are allowed in $path where there are any ($why)", ({ path, not }) => {
    const said = proseOf(path, read(path)).some(({ text }) =>
      WORDS.some((word) => (not === "" || word.not === not) && word.pattern.test(text)),
    );
    expect(said).toBe(true);
  });

  it.each([
    { text: "// The rest is passed over.", not: "pass over, passed over" },
    { text: '"it is no map"', not: "is no X" },
    { text: "/** Nobody\n * reads it. */", not: "somebody, nobody, anybody, everybody, whoever, one of that name" },
    { text: "// It is\n// told of this.", not: "is told, told of" },
    { text: "`${name} stands there`", not: "stands in, stands there, stands under" },
  ])("are found in $text", ({ text, not }) => {
    const found = proseOf("a.ts", text).flatMap((piece) => WORDS.filter(({ pattern }) => pattern.test(piece.text)));
    expect(found.map((word) => word.not)).toEqual([not]);
  });

  it.each(["const mend = 1;", "// There is no map.", "// It has no more rights than a node.", "/mend/.test(text)"])(
    "are not found in %s",
    (text) => {
      const found = proseOf("a.ts", text).flatMap((piece) => WORDS.filter(({ pattern }) => pattern.test(piece.text)));
      expect(found).toEqual([]);
    },
  );
});

describe("docs/glossary.md", () => {
  it("shows what we do not say (`npm test -- test/docs -u` writes it)", async () => {
    const rows = WORDS.map(({ not, but }) => [not, but]);
    const text = withTable(read("docs/glossary.md"), "test/docs/words.ts", tableOf(["Not", "But"], rows));
    expect(text).toContain("| mend | fix |");
    await expect(text).toMatchFileSnapshot(`${root}docs/glossary.md`);
  });

  it("has each word once", () => {
    const words = [...read("docs/glossary.md").matchAll(/^\| ([^|]+) \|[^|]*\|[^|]*\|$/gm)]
      .map(([, word = ""]) => word)
      .filter((word) => !["Word", "---"].includes(word))
      .flatMap((cell) => cell.split(/[,;] /));
    expect(words.length).toBeGreaterThan(40);
    const often = words.filter((word, index) => words.indexOf(word) !== index);
    expect(often).toEqual([]);
  });
});

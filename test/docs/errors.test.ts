import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PROBLEM_CODES } from "#src/model/problem-codes.ts";
import { REASON_LIST, RESPONSE_REASONS } from "#ingress/engine/response-reason.ts";
import { REASON_MEANINGS, REASONS } from "#src/model/reason.ts";
import { read, root, tableOf, withTable } from "./page.ts";

const page = `${root}docs/errors.md`;

const codeTable = tableOf(
  ["Code", "Meaning", "How to solve"],
  Object.entries(PROBLEM_CODES).map(([code, { meaning, solve }]) => [`\`${code}\``, meaning, solve]),
);

const reasonTable = tableOf(
  ["Reason", "Meaning"],
  Object.entries(REASON_MEANINGS).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
);

const responseTable = tableOf(
  ["Reason of an answer", "Status", "Meaning"],
  Object.entries(RESPONSE_REASONS).map(([reason, { status, meaning }]) => [`\`${reason}\``, String(status), meaning]),
);

/** All product source, by path; not the table itself. */
function sources(): ReadonlyMap<string, string> {
  const folders = ["src", "controller", "speaker", "ingress", "cli", "native"];
  const paths = folders.flatMap((folder) =>
    readdirSync(root + folder, { recursive: true }).map((name) => `${folder}/${String(name)}`),
  );
  const files = paths.filter((path) => path.endsWith(".ts") && !path.endsWith("problem-codes.ts"));
  return new Map(files.map((path) => [path, read(path)]));
}

describe("docs/errors.md", () => {
  const written = read("docs/errors.md");
  const rows = (prefix: RegExp) => [...written.matchAll(prefix)].map((match) => match[1]);

  it("lists every problem code, and none that does not exist", () => {
    expect(rows(/^\| `([A-Z][A-Z0-9_]+)` \|/gm)).toEqual(Object.keys(PROBLEM_CODES));
  });

  it("says of each what the source says (`npm test -- test/docs -u` writes it anew)", async () => {
    let text = withTable(written, "src/model/problem-codes.ts", codeTable);
    text = withTable(text, "src/model/reason.ts", reasonTable);
    await expect(withTable(text, "ingress/engine/response-reason.ts", responseTable)).toMatchFileSnapshot(page);
  });

  it("lists every reason, and none that does not exist", () => {
    expect(rows(/^\| `([A-Z][a-zA-Z]+)` \|/gm).filter((name) => /[a-z]/.test(name ?? ""))).toEqual(REASONS);
  });

  it("I12 lists every reason of an answer, and none that does not exist", () => {
    expect(rows(/^\| `([a-z]+(?:-[a-z]+)*)` \| \d{3} \|/gm)).toEqual(REASON_LIST);
  });

  it("I12 has no reason of an answer that no code gives", () => {
    const texts = [...sources()].filter(([path]) => !path.endsWith("/response-reason.ts")).map(([, text]) => text);
    expect(REASON_LIST.filter((reason) => !texts.some((text) => text.includes(`"${reason}"`)))).toEqual([]);
  });

  it("names codes by subject and fault, in upper snake case", () => {
    for (const code of Object.keys(PROBLEM_CODES)) expect(code).toMatch(/^[A-Z]+(?:_[A-Z0-9]+)+$/);
  });
});

describe("problem codes in the source", () => {
  const all = sources();

  it.each(Object.keys(PROBLEM_CODES))("%s is used", (code) => {
    expect([...all.values()].some((text) => text.includes(`"${code}"`))).toBe(true);
  });

  it("are all documented", () => {
    const used = [...all].flatMap(([path, text]) =>
      [
        ...text.matchAll(/(?:\bcode: |\b\w*[pP]roblem\w*\(|\bcomplain\w*\(\s*[^"]{0,80})"([A-Z]+(?:_[A-Z0-9]+)+)"/g),
      ].map((match) => ({ path, code: match[1] ?? "" })),
    );
    expect(used.length).toBeGreaterThan(30);
    expect(used.filter(({ code }) => !Object.hasOwn(PROBLEM_CODES, code))).toEqual([]);
  });
});

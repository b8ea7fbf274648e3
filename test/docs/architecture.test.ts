import { execFileSync } from "node:child_process";
import { globSync, readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { read, root, tableOf, withTable } from "./page.ts";

const script = `${root}scripts/import-table.js`;
const importTable = JSON.parse(execFileSync(process.execPath, [script, "--print"], { encoding: "utf8" })) as Record<
  string,
  readonly string[]
>;

/** As people write them: without the mark of a folder of ours, any built-in module of Node as `node:*`. */
function printed(name: string): string {
  return `\`${name.replace(/^#/, "").replace(/^node:$/, "node:*")}\``;
}

/** What the files of a folder import, as the table names it: `#src/ip/address.ts`, `node:fs`, `yaml`. */
function importedBy(folder: string): readonly string[] {
  return globSync(`${root}${folder}/**/*.{ts,js}`).flatMap((file) => {
    const statements = readFileSync(file, "utf8").matchAll(
      /(?:\bfrom|\bimport|import\(|\.resolve\()\s*"([^".][^"]*)"/g,
    );
    return [...statements].map(([, name = ""]) => name);
  });
}

/** Whether an allowance of the table covers what is imported. */
function covers(allowance: string, imported: string): boolean {
  const name = allowance.replace(/^types:/, "");
  return imported === name || imported.startsWith(name.endsWith(":") ? name : `${name}/`);
}

describe("docs/architecture.md", () => {
  it("holds the import table that lint enforces (`npm test -- test/docs -u` writes it anew)", async () => {
    const rows = Object.entries(importTable).map(([folder, names]) => [`\`${folder}\``, names.map(printed).join(", ")]);
    const text = withTable(
      read("docs/architecture.md"),
      "scripts/import-table.js",
      tableOf(["Folder", "May import"], rows),
    );
    expect(text).toContain("| `src/ip` | `ipaddr.js` |");
    await expect(text).toMatchFileSnapshot(`${root}docs/architecture.md`);
  });

  it("leaves out no folder of product code", () => {
    const folders = readdirSync(`${root}src`).map((name) => `src/${name}`);
    expect(Object.keys(importTable).toSorted()).toEqual(
      [...folders, "cli", "controller", "ingress", "native", "speaker", "web"].toSorted(),
    );
  });

  it.each(Object.entries(importTable))("allows %s nothing that it does not import", (folder, allowances) => {
    const imported = importedBy(folder);
    expect(allowances.filter((allowance) => !imported.some((name) => covers(allowance, name)))).toEqual([]);
  });
});

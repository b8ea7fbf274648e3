// One way to write each import: `./` for what is in the same folder or below it, the `#` name for all else.
// `node scripts/import-table.js` rewrites what is written otherwise; with --check it names it.
import { readFileSync, globSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Folders of TypeScript; each is importable as `#folder/...` (package.json, `imports`). */
const folders = ["src", "native", "controller", "speaker", "ingress", "cli", "web", "lab", "bench", "scripts", "test"];

/** A static import or export; code in strings, which tests run elsewhere, has no line that begins so. */
const statement = /^((?:import|export|\}) .*?from |import )"([#.][^"]+)";$/gm;

/** The specifier as it should be written in this file, whose path begins at the root. */
export function wantedSpecifier(file, specifier) {
  const folder = posix.dirname(file);
  const target = specifier.startsWith("#") ? specifier.slice(1) : posix.join(folder, specifier);
  return target.startsWith(`${folder}/`) ? `./${target.slice(folder.length + 1)}` : `#${target}`;
}

/** The text with its imports as they should be written. */
export function restyled(file, text) {
  return text.replace(statement, (_, before, specifier) => `${before}"${wantedSpecifier(file, specifier)}";`);
}

/** The files whose imports are written otherwise: their paths from the root, and the text that they should have. */
export function oddImports() {
  const files = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }));
  return files.flatMap((file) => {
    const text = readFileSync(root + file, "utf8");
    const wanted = restyled(file, text);
    return wanted === text ? [] : [{ file, text: wanted }];
  });
}

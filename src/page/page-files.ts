import { readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** A file that the browser gets. */
export interface PageFile {
  readonly contentType: string;
  readonly text: string;
}

/** Where the browser's program begins, below the root of the project. */
const ENTRY = "web/main.ts";
const IMPORT = /(?<=\b(?:from|import)\s*)"(?<name>[^"]+)"/g;

/**
 * The files of the page by path: the document, its style, and the program with all that it imports, each module a file of its
 * own. Nothing is built: types are taken out as Node itself does it, and names of rooms (`#src/...`) become paths. In the
 * bundles of the plug-in and the image this function has the files in it (scripts/bundled-page.ts).
 */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const files = new Map<string, PageFile>([
    ["/", { contentType: "text/html; charset=utf-8", text: readFileSync(join(root, "web/index.html"), "utf8") }],
    ["/web/icon.svg", { contentType: "image/svg+xml", text: readFileSync(join(root, "web/icon.svg"), "utf8") }],
    [
      "/web/page.css",
      { contentType: "text/css; charset=utf-8", text: readFileSync(join(root, "web/page.css"), "utf8") },
    ],
  ]);
  const wanted = [ENTRY];
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    if (files.has(`/${path}`)) continue;
    const { text, imports } = readModule(root, path);
    files.set(`/${path}`, { contentType: "text/javascript; charset=utf-8", text });
    wanted.push(...imports);
  }
  return files;
}

/** A module as the browser gets it, and the paths of those that it imports. */
function readModule(root: string, path: string): { readonly text: string; readonly imports: readonly string[] } {
  if (path === "web/preact.js") return { text: readLibrary(), imports: [] };
  const imports: string[] = [];
  const script = withoutTypes(readFileSync(join(root, path), "utf8"));
  const text = script.replaceAll(IMPORT, (_, name: string) => {
    const found = name.startsWith("#") ? name.slice(1) : posix.join(dirname(path), name);
    imports.push(found);
    const relative = posix.relative(dirname(path), found);
    return JSON.stringify(relative.startsWith(".") ? relative : `./${relative}`);
  });
  return { text, imports };
}

/** htm with preact in one file, by the lock file. */
function readLibrary(): string {
  // Its package.json names the file of modules for imports alone.
  const require = createRequire(import.meta.url);
  const library = join(dirname(require.resolve("htm")), "../preact/standalone.mjs");
  return readFileSync(library, "utf8");
}

/** The function is marked as experimental, the work that it does is not: the warning would only frighten. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

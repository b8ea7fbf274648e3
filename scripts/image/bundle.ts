import { join, relative } from "node:path";
import { type OutputChunk, type Plugin, rolldown } from "rolldown";
import { strictBundling } from "#scripts/strict-bundling.ts";
import { bundledPage, PAGE_PACKAGE } from "#scripts/bundled-page.ts";
import type { TarEntry } from "#src/process/tar.ts";

/** The command, and what runs as a process or a thread of its own. */
const ENTRIES = [
  "cli/main",
  "controller/main",
  "controller/page-worker",
  "speaker/main",
  "speaker/worker",
  "ingress/main",
  "ingress/worker",
  "ingress/auth/password-worker",
];

/** A file of ours that the code names otherwise than in an import: of a worker thread, or of a program. */
const NAMED_FILE = /(["'`](?:\.{1,2}\/)?[^"'`\s]*)\.ts(?=["'`]\s*,\s*import\.meta\.url)/g;

export interface Bundles {
  /** One file for each entry, and one for each part that is loaded later. Paths are relative to the installed folder. */
  readonly files: readonly TarEntry[];
  /** The npm packages that are in them: folders below `root`. */
  readonly packages: readonly string[];
}

/**
 * The programs as the image holds them: each in one file, with the npm packages it needs, types gone. Measured, this
 * saves 12 MB of a program's memory against a file for each module (docs/adr/0010-image.md). The same sources give
 * the same bytes. Names stay, so that a stack trace can be read.
 */
export async function bundlePrograms(root: string): Promise<Bundles> {
  const chunks: OutputChunk[] = [];
  for (const entry of ENTRIES) chunks.push(...(await bundle(root, entry)));
  const files = chunks.map(({ fileName, code }) => ({ path: fileName, mode: 0o644, content: Buffer.from(lean(code)) }));
  return { files, packages: [...new Set([...packagesOf(root, chunks), PAGE_PACKAGE])].sort() };
}

/** One bundle per entry: with a common part for all, each program would load what only others need. */
async function bundle(root: string, entry: string): Promise<readonly OutputChunk[]> {
  const [folder = ""] = entry.split("/");
  const build = await rolldown({
    cwd: root,
    input: { [entry]: join(root, `${entry}.ts`) },
    platform: "node",
    // For logins of people's kubeconfigs; of 64 MB, and nothing for a pod.
    external: ["@kubernetes/client-node"],
    plugins: [bundledPage(), ownPlaces(root), leanParts()],
    ...strictBundling(entry),
  });
  await using _ = { [Symbol.asyncDispose]: async () => build.close() };
  const { output } = await build.generate({
    format: "esm",
    entryFileNames: "[name].js",
    // Beside its entry: what a module says of its place below holds there too.
    chunkFileNames: `${folder}/${entry.replace("/", "-")}-[name].js`,
    comments: false,
  });
  return output.filter((part) => part.type === "chunk");
}

/** An import of a module of Node: all of them, as rolldown prints them. */
const BUILTIN_IMPORT = /^import \{ ([^}]+) \} from "(node:[^"]+)";$/gm;

/**
 * The same code for less memory. An import of a module of Node asks it for all it exports, of node:http its WebSocket
 * too, which loads undici: 5 MB; a look-up does not. And V8 keeps a text with a single letter beyond Latin-1 in two bytes
 * for each letter.
 */
function lean(code: string): string {
  return code
    .replace(
      BUILTIN_IMPORT,
      (_, names: string, id: string) =>
        `const { ${names.replaceAll(" as ", ": ")} } = process.getBuiltinModule(${JSON.stringify(id)});`,
    )
    .replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A module finds other files by where it is; a bundle has to say where it would have been. */
function ownPlaces(root: string): Plugin {
  return {
    name: "own-places",
    transform: {
      filter: { id: /^(?!.*\/node_modules\/).*\.ts$/, code: "import.meta.url" },
      handler(code, id) {
        const place = JSON.stringify(`../${relative(root, id)}`);
        return code
          .replace(NAMED_FILE, "$1.js")
          .replaceAll("import.meta.url", `new URL(${place}, import.meta.url).href`);
      },
    },
  };
}

/** What prom-client loads at once and no program of ours uses: 1 MB of memory. */
const UNUSED = /^(?:\.\/lib\/(?:pushgateway|cluster|summary)|@opentelemetry\/api)$/;
const EMPTY = "\0empty.cjs";

/** Leaves out what the programs would load and never use. */
function leanParts(): Plugin {
  return {
    name: "lean-parts",
    resolveId(id, importer = "") {
      return UNUSED.test(id) && importer.includes("/node_modules/prom-client/") ? EMPTY : undefined;
    },
    load(id) {
      return id === EMPTY ? "module.exports = {};" : undefined;
    },
  };
}

function packagesOf(root: string, chunks: readonly OutputChunk[]): readonly string[] {
  const ids = chunks.flatMap(({ moduleIds }) => moduleIds).map((id) => relative(root, id.replace(/^\0/, "")));
  const folders = ids.map((id) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

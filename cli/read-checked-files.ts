import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { MAX_MANIFEST_LENGTH } from "#src/model/manifest.ts";
import type { CheckedFile } from "./check-files.ts";

/** The file, or the manifests below the folder, in the order of their paths; hidden ones are left out. `-`: standard input. */
export async function readCheckedFiles(path: string): Promise<readonly CheckedFile[]> {
  if (path === "-") return [await readOne("/dev/stdin", "standard input")];
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) return [await readOne(path)];
  try {
    const names = await readdir(path, { recursive: true });
    const manifests = names.filter((name) => /\.(?:ya?ml|json)$/.test(name) && !/(?:^|\/)\./.test(name)).sort();
    const files: CheckedFile[] = [];
    for (const name of manifests) files.push(await readOne(join(path, name)));
    return files;
  } catch (error) {
    return [{ path, text: undefined, fault: faultOf(error) }];
  }
}

async function readOne(path: string, name = path): Promise<CheckedFile> {
  try {
    const { size } = await stat(path);
    // The limit is in characters, of at most four bytes: what is larger would be refused after reading it.
    if (size > 4 * MAX_MANIFEST_LENGTH) return { path: name, text: undefined, fault: `it has ${size} bytes` };
    return { path: name, text: await readFile(path, "utf8") };
  } catch (error) {
    return { path: name, text: undefined, fault: faultOf(error) };
  }
}

function faultOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return { ENOENT: "it does not exist", EACCES: "you may not read it" }[code] ?? code;
}

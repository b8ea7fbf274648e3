import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TarEntry } from "#src/process/tar.ts";

/** Digits of the digest in a tag: enough to tell the images of one version apart. */
const DIGITS = 10;
const EMPTY = new Uint8Array();

/**
 * The tag of an image, `0.1.0-3f2a9c1d04`: the version, and the begin of a digest of what it is made of. It changes with the
 * content, and is the same for all architectures, so that one manifest serves nodes of several. Of what differs between these (Node,
 * the native module) the sources count: the lock file, which names Node's version, and the files of native/.
 */
export function contentTag(root: string, version: string, programs: readonly TarEntry[]): string {
  const hash = createHash("sha256");
  for (const { path, content = EMPTY } of programs.filter(({ path }) => !path.endsWith(".node")))
    hash.update(`${path}\0${content.length}\0`).update(content);
  const sources = readdirSync(join(root, "native")).filter((name) => /\.[ch]$/.test(name));
  for (const name of ["package-lock.json", ...sources.sort().map((source) => `native/${source}`)])
    hash.update(`${name}\0`).update(readFileSync(join(root, name)));
  return `${version}-${hash.digest("hex").slice(0, DIGITS)}`;
}

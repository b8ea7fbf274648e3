import type { Stats } from "node:fs";
import { access, constants, lstat, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Bounds of what is followed: far above any folder written by people, far below what would exhaust memory. */
const MAX_FILES = 20_000;
const MAX_DIRECTORIES = 2_000;
const MAX_FILE_BYTES = 16 * 1_024 * 1_024;
/** A file changed less than this long ago may be half-written, or change again within one tick of the file system's clock. */
export const SETTLE_MS = 300;

/** What a look at the tree found. */
export interface TreeChanges {
  /** Files that are new, or whose inode, size or time changed, or that were young at the last look and no longer are. */
  readonly changed: readonly string[];
  /** Files that went, and paths asked for by name that do not exist. */
  readonly removed: readonly string[];
  /** Files so young that they must be looked at again after `SETTLE_MS`. */
  readonly young: ReadonlySet<string>;
  /** Undefined: the root can be read. Otherwise why not; then nothing else is reported, and all that was known stays. */
  readonly rootFault: string | undefined;
  /** What cannot be read or followed, by path, with the reason. What was known of it stays. */
  readonly faults: ReadonlyMap<string, string>;
}

export interface FileTreeOptions {
  readonly root: string;
  /** Whether a name in a directory is looked at. */
  acceptsName(directory: string, name: string): boolean;
  acceptsFile(path: string): boolean;
  nowMs(): number;
}

interface Directory {
  readonly inode: number;
  readonly children: Set<string>;
}

/** The files below a directory; `look` reports what changed since the last look. Links to directories are not followed. */
export class FileTree {
  readonly #options: FileTreeOptions;
  readonly #stamps = new Map<string, string>();
  readonly #directories = new Map<string, Directory>();
  readonly #unsettled = new Set<string>();

  constructor(options: FileTreeOptions) {
    this.#options = options;
  }

  /** The directories below the root, itself included; a directory created again under the old name has another inode. */
  get directories(): ReadonlyMap<string, { readonly inode: number }> {
    return this.#directories;
  }

  /** How many files were seen at the last look. */
  get size(): number {
    return this.#stamps.size;
  }

  /** Whether a path is a file seen at the last look. */
  has(path: string): boolean {
    return this.#stamps.has(path);
  }

  /** Makes the next look report a file as changed: it could not be read. */
  again(path: string): void {
    if (this.#stamps.has(path)) this.#stamps.set(path, "");
  }

  /** Looks at some paths, or at all: costs one or two system calls for each file looked at. */
  async look(paths: Iterable<string> | "all"): Promise<TreeChanges> {
    const { root } = this.#options;
    const look = new Look();
    look.rootFault = await faultOfRoot(root);
    if (look.rootFault !== undefined) return look;
    const wanted = paths === "all" || !this.#directories.has(root) ? [root] : [...paths];
    for (const path of wanted) {
      const wasKnown = this.has(path);
      await this.#visit(path, look);
      // Asked for by name and missing, whether it was ever seen or not.
      if (!wasKnown && look.missing.has(path)) look.removed.push(path);
    }
    return look;
  }

  async #visit(path: string, look: Look): Promise<void> {
    if (look.visited.has(path)) return;
    look.visited.add(path);
    const isRoot = path === this.#options.root;
    const stats = await statOf(path, isRoot);
    if (typeof stats === "string") {
      // A link to nowhere, and a file that went between readdir and here, both count as missing.
      if (stats === "ENOENT" || stats === "ENOTDIR" || stats === "ELOOP") {
        look.missing.add(path);
        this.#forget(path, look);
      } else look.faults.set(path, stats);
      return;
    }
    const parent = this.#directories.get(dirname(path));
    if (!isRoot && parent === undefined) return;
    if (stats.isDirectory()) await this.#visitDirectory(path, stats, look);
    else if (stats.isFile() && this.#options.acceptsFile(path)) this.#visitFile(path, stats, look);
    else return;
    parent?.children.add(basename(path));
  }

  async #visitDirectory(path: string, { ino: inode }: Stats, look: Look): Promise<void> {
    const known = this.#directories.get(path);
    if (known === undefined && this.#directories.size >= MAX_DIRECTORIES) {
      look.faults.set(path, `more than ${MAX_DIRECTORIES} directories`);
      return;
    }
    const children = known?.children ?? new Set();
    if (known?.inode !== inode) this.#directories.set(path, { inode, children });
    const names = await readdir(path).catch((error: NodeJS.ErrnoException) => error);
    if (names instanceof Error) {
      const fault = names.code ?? names.message;
      if (path === this.#options.root) look.rootFault = fault;
      else look.faults.set(path, fault);
      return;
    }
    const present = new Set(names.filter((name) => this.#options.acceptsName(path, name)));
    for (const name of present) await this.#visit(join(path, name), look);
    for (const name of children) if (!present.has(name)) this.#forget(join(path, name), look);
  }

  #visitFile(path: string, stats: Stats, look: Look): void {
    const known = this.#stamps.get(path);
    if (known === undefined && this.#stamps.size >= MAX_FILES) {
      look.faults.set(path, `more than ${MAX_FILES} files`);
      return;
    }
    if (stats.size > MAX_FILE_BYTES) {
      look.faults.set(path, `larger than ${MAX_FILE_BYTES} bytes`);
      return;
    }
    const isYoung = Math.abs(this.#options.nowMs() - stats.mtimeMs) < SETTLE_MS;
    const stamp = `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
    const hasSettled = !isYoung && this.#unsettled.delete(path);
    if (stamp !== known || hasSettled) look.changed.push(path);
    this.#stamps.set(path, stamp);
    if (!isYoung) return;
    look.young.add(path);
    this.#unsettled.add(path);
  }

  #forget(path: string, look: Look): void {
    this.#directories.get(dirname(path))?.children.delete(basename(path));
    for (const name of this.#directories.get(path)?.children ?? []) this.#forget(join(path, name), look);
    this.#directories.delete(path);
    this.#unsettled.delete(path);
    if (this.#stamps.delete(path)) look.removed.push(path);
  }
}

class Look implements TreeChanges {
  readonly changed: string[] = [];
  readonly removed: string[] = [];
  readonly young = new Set<string>();
  readonly faults = new Map<string, string>();
  readonly visited = new Set<string>();
  readonly missing = new Set<string>();
  rootFault: string | undefined;
}

async function faultOfRoot(root: string): Promise<string | undefined> {
  const stats = await statOf(root, true);
  if (typeof stats === "string") return stats;
  if (!stats.isDirectory()) return "ENOTDIR";
  return access(root, constants.R_OK | constants.X_OK).then(
    () => undefined,
    ({ code, message }: NodeJS.ErrnoException) => code ?? message,
  );
}

/** The file a path leads to, or the error's code. A link to a directory counts as missing, unless it is the root. */
async function statOf(path: string, followsDirectories: boolean): Promise<Stats | string> {
  try {
    const own = await lstat(path);
    if (!own.isSymbolicLink()) return own;
    const target = await stat(path);
    return target.isDirectory() && !followsDirectories ? "ENOENT" : target;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code ?? message;
  }
}

import { type FSWatcher, watch } from "node:fs";

export interface DirectoryWatchersOptions {
  /** Something happened to a name in a directory; without a name: to the directory, or to anything in it. */
  onDirty(directory: string, name: string | undefined): void;
  /** A directory cannot be watched (ENOSPC, EMFILE: a limit of inotify): changes are seen by the slow scan only. Undefined: all are watched again. */
  onRefused(code: string | undefined): void;
}

interface Watched {
  readonly inode: number;
  readonly watcher: FSWatcher;
}

/**
 * One watch for each directory. Node's own recursive watch is not used: on Linux it watches each file, and it loses
 * directories that are made and filled quickly.
 */
export class DirectoryWatchers {
  readonly #options: DirectoryWatchersOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: DirectoryWatchersOptions) {
    this.#options = options;
  }

  /** Makes the watches match the directories. Returns those newly watched: what happened in them before is not told. */
  update(directories: ReadonlyMap<string, { readonly inode: number }>): readonly string[] {
    for (const path of this.#watched.keys()) if (!directories.has(path)) this.#drop(path);
    const added: string[] = [];
    let refused: string | undefined;
    for (const [path, { inode }] of directories) {
      if (this.#watched.get(path)?.inode === inode) continue;
      this.#drop(path);
      try {
        this.#add(path, inode);
        added.push(path);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        // A directory that is gone or may not be read is a fault of its own, which the look at the tree finds.
        if (code !== "ENOENT" && code !== "EACCES") refused = code ?? message;
      }
    }
    this.#options.onRefused(refused);
    return added;
  }

  close(): void {
    for (const path of this.#watched.keys()) this.#drop(path);
  }

  #add(path: string, inode: number): void {
    const watcher = watch(path, (_event, name) => {
      this.#options.onDirty(path, name ?? undefined);
    });
    watcher.on("error", () => {
      if (this.#watched.get(path)?.watcher === watcher) this.#drop(path);
      this.#options.onDirty(path, undefined);
    });
    this.#watched.set(path, { inode, watcher });
  }

  #drop(path: string): void {
    this.#watched.get(path)?.watcher.close();
    this.#watched.delete(path);
  }
}

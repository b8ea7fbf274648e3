import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { alivePath, aliveName } from "./status-path.ts";

/** How often a program says that it runs. It wakes no program: these files are not watched. */
const TOUCH_MS = 5_000;
/** A program that was silent for so long has been killed, or hangs. */
export const ALIVE_FOR_MS = 3 * TOUCH_MS;

/**
 * Signs of life beside reports: a program that is killed leaves its report behind, and nothing in a folder says that it is gone.
 * One empty file for each name, written again every 5 seconds and removed at a clean end.
 */
export class AliveFiles {
  readonly #directory: string;
  readonly #names = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #touched: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Shows signs of life under this name from now on. */
  async add(name: string): Promise<void> {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    this.#timer ??= setInterval(() => void (this.#touched = this.#touch()), TOUCH_MS).unref();
    await this.#touch();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#touched;
    for (const name of this.#names) await rm(alivePath(this.#directory, name), { force: true });
  }

  /** What cannot be written now is written at the next turn: it is only missed by `hawser status`. */
  async #touch(): Promise<void> {
    for (const name of this.#names) {
      const path = alivePath(this.#directory, name);
      await mkdir(dirname(path), { recursive: true })
        .then(async () => writeFile(path, ""))
        .catch(() => undefined);
    }
  }
}

/** When each program showed its last sign of life, by the name of its report, in milliseconds since 1970. Empty where none ever did. */
export async function readAlive(directory: string): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>();
  const folder = dirname(alivePath(directory, "any"));
  for (const file of await readdir(folder).catch(() => [])) {
    const name = aliveName(file);
    const stats = name === undefined ? undefined : await stat(alivePath(directory, name)).catch(() => undefined);
    if (name !== undefined && stats !== undefined) seen.set(name, stats.mtimeMs);
  }
  return seen;
}

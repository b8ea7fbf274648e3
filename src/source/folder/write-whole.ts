import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A lock this old was left by a program that died while it wrote: a write takes milliseconds, its sync seldom a second. */
const STALE_LOCK_MS = 3_000;
/** Readable for everyone: status holds nothing secret, and `hawser status` may be another user. */
const MODE = 0o644;

export interface WriteOptions {
  /**
   * For a file with several writers: asked once no other program can write it any more; false: nothing is written.
   * Left out for a file of ours alone.
   */
  readonly stillWanted?: () => Promise<boolean>;
  /** Whether the content must survive a power cut. */
  readonly durable: boolean;
  nowMs(): number;
}

/**
 * Replaces a file in one step: readers see the old content or the new, never half of it. The temporary file beside it is
 * the lock: false where another program writes the same file right now, or where it is not wanted any more.
 */
export async function writeWhole(path: string, text: string, options: WriteOptions): Promise<boolean> {
  const lock = join(dirname(path), `.${basename(path)}.tmp`);
  await mkdir(dirname(path), { recursive: true });
  const file = options.stillWanted === undefined ? await open(lock, "w", MODE) : await openLock(lock, options.nowMs());
  if (file === undefined) return false;
  try {
    if (options.stillWanted !== undefined && !(await options.stillWanted())) {
      await rm(lock, { force: true });
      return false;
    }
    await file.writeFile(text);
    if (options.durable) await file.datasync();
    if (!(await isSame(file, lock))) return false;
    await rename(lock, path);
    return true;
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Undefined while another program holds the lock. */
async function openLock(lock: string, nowMs: number): Promise<FileHandle | undefined> {
  try {
    return await open(lock, "wx", MODE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const stats = await stat(lock).catch(() => undefined);
  if (stats === undefined || nowMs - stats.mtimeMs <= STALE_LOCK_MS) return undefined;
  await rm(lock, { force: true });
  // One of those that find it stale gets it.
  return open(lock, "wx", MODE).catch(() => undefined);
}

/** Whether the lock is still ours: a writer that was held up for long is considered dead. */
async function isSame(file: FileHandle, lock: string): Promise<boolean> {
  const [own, present] = await Promise.all([file.stat(), stat(lock).catch(() => undefined)]);
  return own.ino === present?.ino;
}

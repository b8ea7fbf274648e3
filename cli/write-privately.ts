import { randomUUID } from "node:crypto";
import { lstat, rename, rm, writeFile } from "node:fs/promises";

/** Only the system puts anything there: /dev/stdout, /dev/null, /dev/fd/3. */
const DEVICES = /^\/dev\//;

/**
 * Writes a file that only its user may read. A file of this name is replaced, also where all may read that one. A link, a pipe or a
 * folder of this name may be another user's, and is left as it is: rejects, as where nothing can be written. Devices get the bytes.
 */
export async function writePrivately(file: string, bytes: Uint8Array): Promise<void> {
  if (DEVICES.test(file)) return writeFile(file, bytes);
  const there = await lstat(file).catch(() => undefined);
  if (there !== undefined && !there.isFile())
    throw new Error(
      `${there.isSymbolicLink() ? "it is a symbolic link" : "it is not a regular file"}; name another file`,
    );
  const beside = `${file}.${randomUUID()}`;
  try {
    await writeFile(beside, bytes, { flag: "wx", mode: 0o600 });
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

import { constants } from "node:os";

/** The errno, positive, of an error that a failed call of the kernel threw. Any other error is thrown again: it is a fault of the program. */
export function errnoOf(error: unknown): number {
  const errno = error instanceof Error && "errno" in error ? error.errno : undefined;
  if (typeof errno !== "number") throw error;
  return errno < 0 ? -errno : constants.errno.EIO;
}

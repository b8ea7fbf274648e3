import { spawn } from "node:child_process";
import { once } from "node:events";

/** A free lock is taken sooner; after a longer wait it is reported that another process holds it. */
const PATIENCE_MS = 1_000;

/**
 * Does the work while holding a lock among processes: flock(1) on a file. A process that dies releases it, because the
 * shell that holds it reads from us. `say` is called when another process holds it for more than a second.
 */
export async function withLock(file: string, say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  const holder = spawn("flock", [file, "sh", "-c", "echo held; cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(holder, "close"); // rejects when there is no flock
  const timer = setTimeout(() => say(`waiting for another process, which holds ${file} ...`), PATIENCE_MS);
  try {
    await Promise.race([once(holder.stdout, "data"), ended.then(refuse)]);
  } finally {
    clearTimeout(timer);
  }
  try {
    await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}

function refuse([code]: unknown[]): never {
  throw new Error(`flock exited ${String(code)} without the lock`);
}

import type { Problem } from "#src/model/problem.ts";
import { readHeartbeatKeys } from "./heartbeat-keys.ts";
import { ToldOnce } from "#src/model/told-once.ts";

/**
 * How often the file is read again. Kubernetes swaps a link above a mounted Secret, which a watch on the file would not
 * show; and it takes a minute to, so a second more is nothing.
 */
const LOOK_MS = 1_000;

export interface HeartbeatKeyFileOptions {
  readonly file: string;
  /** The keys in use at the start. */
  readonly keys: readonly Uint8Array[];
  /** The file contains other keys now. */
  onKeys(keys: readonly Uint8Array[]): void;
  /** What is wrong with the file, an empty list if nothing is; the known keys stay in use. */
  onProblems(problems: readonly Problem[]): void;
}

/** Follows the file of heartbeat keys, so that keys are replaced without a restart. Returns what ends it. */
export function followHeartbeatKeys({ file, keys, onKeys, onProblems }: HeartbeatKeyFileOptions): () => void {
  const told = new ToldOnce();
  told.isNews("keys", printKeys(keys));
  const timer = setInterval(() => {
    const read = readHeartbeatKeys(file);
    onProblems(read.ok ? [] : [read.problem]);
    if (read.ok && told.isNews("keys", printKeys(read.keys))) onKeys(read.keys);
  }, LOOK_MS);
  return () => clearInterval(timer);
}

function printKeys(keys: readonly Uint8Array[]): readonly string[] {
  return keys.map((key) => Buffer.from(key).toString("base64"));
}

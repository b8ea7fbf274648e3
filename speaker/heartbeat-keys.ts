import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Problem } from "#src/model/problem.ts";

/** A key shorter than this can be guessed. */
const LEAST_KEY_BYTES = 16;

/** How much of the hash names a key: enough to tell keys apart, too little to say anything of one. */
const FINGERPRINT_BYTES = 6;

/** Names a key without telling it: the beginning of an HMAC of a constant, in hexadecimal. */
export function keyFingerprint(key: Uint8Array): string {
  const hash = createHmac("sha256", key).update("hawser heartbeat key").digest();
  return hash.subarray(0, FINGERPRINT_BYTES).toString("hex");
}

export type ReadKeys =
  | { readonly ok: true; readonly keys: readonly Uint8Array[] }
  | { readonly ok: false; readonly problem: Problem };

/**
 * Reads the heartbeat keys: one a line, as text, at least 16 bytes each. The first one signs, any is accepted, so a key is
 * rotated by adding the new one below, then above, then dropping the old one.
 */
export function readHeartbeatKeys(file: string): ReadKeys {
  const fix = `Write the same key to all nodes: head -c 32 /dev/urandom | base64 > ${file}`;
  const problem = (why: string): ReadKeys => ({
    ok: false,
    problem: {
      code: "HEARTBEAT_KEY_UNUSABLE",
      at: { kind: "file", file },
      what: "Cannot read the heartbeat key",
      why,
      fix,
      severity: "error",
    },
  });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return problem((error as Error).message);
  }
  const keys = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => new TextEncoder().encode(line));
  if (keys.length === 0) return problem("the file is empty");
  if (keys.some((key) => key.length < LEAST_KEY_BYTES)) return problem(`a key has fewer than ${LEAST_KEY_BYTES} bytes`);
  return { ok: true, keys };
}

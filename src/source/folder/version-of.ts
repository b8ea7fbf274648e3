import { createHash } from "node:crypto";

const VERSION_LENGTH = 16;

/** What tells a file's text from any other that it had. */
export function versionOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, VERSION_LENGTH);
}

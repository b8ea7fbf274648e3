import { complain } from "#src/model/field.ts";
import { type KubeObject, rootField } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { readSecretText } from "./read-secret-text.ts";
import { type SealKey, type SealKeys, sealKey } from "./seal-text.ts";

const KEY_BYTES = 32;
/** More make each forged cookie cheap to try, and no rotation needs them. */
const MAX_KEYS = 8;

/** Reads the key `session-keys` of a Secret (v1): lines with 32 bytes each, in base64 (either alphabet) or hexadecimal. */
export function parseSessionKeys(object: KubeObject): Parsed<SealKeys> {
  const root = rootField(object);
  const { problems } = root;
  const read = readSecretText(root, "session-keys");
  if (read === undefined) return { ok: false, problems };
  const lines = read.text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const keys = lines.map((line) => readKey(line.trim()));
  const [first, ...others] = keys.filter((key) => key !== undefined);
  const why = whyUnusable(keys);
  if (why === undefined && first !== undefined) return { ok: true, value: [first, ...others], problems };
  complain(read.field, "OIDC_SECRET_UNUSABLE", {
    what: "Cannot seal sessions with this Secret",
    why: why ?? "it has no key",
    fix: "Write one key on each line, the one to be used first: openssl rand -base64 32",
  });
  return { ok: false, problems };
}

function whyUnusable(keys: readonly (SealKey | undefined)[]): string | undefined {
  const bad = keys.indexOf(undefined);
  if (bad !== -1) return `key ${bad + 1} of it is not 32 bytes in base64 or hexadecimal`;
  if (keys.length > MAX_KEYS) return `it has more than ${MAX_KEYS} keys`;
  return new Set(keys.map((key) => key?.id)).size < keys.length ? "it has a key twice" : undefined;
}

function readKey(text: string): SealKey | undefined {
  const bytes = /^[0-9a-f]{64}$/i.test(text)
    ? Buffer.from(text, "hex")
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(text)
      ? Buffer.from(text, "base64")
      : undefined;
  return bytes?.length === KEY_BYTES ? sealKey(bytes) : undefined;
}

import { parseJson } from "#src/model/parse-json.ts";
import { isRecord, listOf, textOf } from "#src/model/record.ts";

/** A public key of a set (RFC 7517 section 4), without members that verifying does not need. */
export type PublicJwk = Readonly<Record<string, string>>;

/** Of one set: a token without a key id is compared with each that fits. */
const MAX_KEYS = 64;
/** Characters of a set: a key with its certificates has some thousands. */
export const MAX_JWKS_LENGTH = 262_144;

/** The members that each type must have; keys of other types are ignored. Secret ones (`oct`) are none that others may have. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ["n", "e"],
  EC: ["crv", "x", "y"],
  OKP: ["crv", "x"],
};
/** 8,192 bits, and 32 bits: with larger numbers a signature takes milliseconds to verify, of a thread that all share. */
const MAX_MODULUS = 1_366;
const MAX_EXPONENT = 6;
const TEXTS = ["kty", "kid", "alg", "use", "n", "e", "crv", "x", "y"];

/**
 * Reads a key set (RFC 7517 section 5); as a text why it cannot be used. Keys that cannot verify a signature are left out
 * (section 5), and so are private parts of keys.
 */
export function readJwks(text: string): readonly PublicJwk[] | string {
  if (text.length > MAX_JWKS_LENGTH) return `it has more than ${MAX_JWKS_LENGTH} characters`;
  const value = parseJson(text);
  if (!isRecord(value)) return "it is not a map in JSON";
  if (!Array.isArray(value["keys"])) return "it has no list of keys";
  const all = listOf(value["keys"]);
  if (all.length > MAX_KEYS) return `it has ${all.length} keys, and ${MAX_KEYS} are the most`;
  const usable = all.map(publicJwk).filter((key) => key !== undefined);
  return usable.length > 0 ? usable : "none of its keys is a public key of type RSA, EC or OKP for signatures";
}

function publicJwk(key: unknown): PublicJwk | undefined {
  if (!isRecord(key)) return undefined;
  const { kty, use, key_ops: operations } = key;
  const members = Object.hasOwn(MEMBERS, textOf(kty)) ? MEMBERS[textOf(kty)] : undefined;
  if (members === undefined || !members.every((name) => textOf(key[name]) !== "")) return undefined;
  if (kty === "RSA" && (textOf(key["n"]).length > MAX_MODULUS || textOf(key["e"]).length > MAX_EXPONENT))
    return undefined;
  if (use !== undefined && use !== "sig") return undefined;
  if (operations !== undefined && !listOf(operations).includes("verify")) return undefined;
  const texts = TEXTS.map((name) => [name, key[name]] as const);
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

import { generateKeyPairSync, sign } from "node:crypto";

/** `iss` of the tokens. */
export const TOKEN_ISSUER = "https://issuer.bench.test";

const KEY_ID = "bench";
const LIFETIME_S = 86_400;
const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const HEAD = partOf({ alg: "ES256", kid: KEY_ID, typ: "JWT" });
let made = 0;

/** The key set of the issuer (RFC 7517). */
export const TOKEN_KEYS = JSON.stringify({
  keys: [{ ...publicKey.export({ format: "jwk" }), kid: KEY_ID, alg: "ES256", use: "sig" }],
});

/** So many tokens (RFC 7519), none of which was made before. */
export function newTokens(count: number): readonly string[] {
  return Array.from({ length: count }, () => {
    const exp = Math.floor(Date.now() / 1_000) + LIFETIME_S;
    const text = `${HEAD}.${partOf({ iss: TOKEN_ISSUER, sub: `user-${made++}`, exp })}`;
    const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  });
}

function partOf(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

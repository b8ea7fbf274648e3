import { createHmac } from "node:crypto";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";

/** A key of an issuer: its public JWK as text for a set, and tokens that it signs. */
export interface TestKey {
  readonly jwk: Readonly<Record<string, unknown>>;
  /** The public key as PEM, which an attacker knows. */
  readonly pem: string;
  sign(claims: JWTPayload, head?: Readonly<Record<string, unknown>>): Promise<string>;
}

export async function testKey(kid: string | undefined, alg = "ES256"): Promise<TestKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), alg, use: "sig", ...(kid === undefined ? {} : { kid }) };
  return {
    jwk,
    pem: await exportSPKI(publicKey),
    sign: (claims, head = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }), ...head })
        .sign(privateKey, { crit: { "x-odd": true } }),
  };
}

/** A key set (RFC 7517 section 5). */
export function jwksOf(...keys: readonly TestKey[]): string {
  return JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token without a signature. */
export function unsigned(claims: JWTPayload, head: Readonly<Record<string, unknown>> = {}): string {
  return `${part({ alg: "none", ...head })}.${part(claims)}.`;
}

/** A token with an HMAC by a key that all know. */
export function signedByHmac(claims: JWTPayload, head: Readonly<Record<string, unknown>>, secret: string): string {
  const start = `${part({ alg: "HS256", ...head })}.${part(claims)}`;
  return `${start}.${createHmac("sha256", secret).update(start).digest("base64url")}`;
}

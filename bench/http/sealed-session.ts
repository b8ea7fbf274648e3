import { randomBytes } from "node:crypto";
import { NONCE_BYTES, sealKey } from "#src/auth/oidc/seal-text.ts";
import { sessionCookies } from "#src/auth/oidc/session.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { readOidcPolicy } from "#src/model/policies/oidc-policy.ts";

const KEY = randomBytes(32);
const LIFETIME_S = 86_400;

/** `session-keys` of the Secret that the sessions are sealed with. */
export const SESSION_KEYS = KEY.toString("base64");

/** The value of Cookie of a client that has signed in at a host, by `oidc` of this policy (`namespace/name`). */
export function sealedSession(policy: string, host: string, oidc: unknown): string {
  const field = { value: oidc, holder: objectAt("HTTPPolicy", policy), path: "spec.oidc", problems: [] };
  const auth = readOidcPolicy(field);
  if (auth === undefined) throw new Error("bug: the policy of the bench cannot be read");
  const untilS = Math.floor(Date.now() / 1_000) + LIFETIME_S;
  const session = { claims: { sub: "user-1", email: "user@bench.test" }, untilS, tokens: {} };
  const cookies = sessionCookies(auth, session, { host, keys: [sealKey(KEY)], nonce: randomBytes(NONCE_BYTES) });
  return cookies?.map(([name, value]) => `${name}=${value}`).join("; ") ?? "";
}

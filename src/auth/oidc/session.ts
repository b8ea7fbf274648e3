import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { parseJson } from "#src/model/parse-json.ts";
import { isRecord, recordOf } from "#src/model/record.ts";
import type { VerifiedClaims } from "#src/auth/verified-claims.ts";
import { joinCookies, splitIntoCookies } from "./join-cookies.ts";
import { sealedUse } from "./sealed-use.ts";
import { cookieDomain, sessionName } from "./cookie-base.ts";
import { sealText, type SealKeys, type SealNonce } from "./seal-text.ts";
import type { SealedCookies } from "./sealed-cookies.ts";

/** What is known of a client that has signed in: all of it is in its cookies, and nothing here. */
export interface Session {
  /** Those that the policy looks at. */
  readonly claims: VerifiedClaims;
  /** Seconds since 1970 from which it does not count. */
  readonly untilS: number;
  /** Those that endpoints get. */
  readonly tokens: { readonly id?: string; readonly access?: string };
}

/** The session of a request to a host; undefined where there is none, it is over, or it is not of this policy. */
export function readSession(auth: OidcPolicy, { host, cookies, unseal, nowMs }: SealedCookies): Session | undefined {
  const sealed = joinCookies(cookies, sessionName(auth, host));
  const text = sealed === undefined ? undefined : unseal(sealed, useOf(auth, host));
  const session = text === undefined ? undefined : parseSession(text);
  return session !== undefined && nowMs < session.untilS * 1_000 ? session : undefined;
}

/** The names and values of the cookies of a session; undefined where they would be too many. */
export function sessionCookies(
  auth: OidcPolicy,
  session: Session,
  { host, keys, nonce }: { readonly host: string; readonly keys: SealKeys; readonly nonce: SealNonce },
): readonly (readonly [string, string])[] | undefined {
  const { claims, untilS, tokens } = session;
  const text = JSON.stringify({ c: claims, u: untilS, t: tokens });
  return splitIntoCookies(sealText(text, keys, useOf(auth, host), nonce), sessionName(auth, host));
}

function useOf(auth: OidcPolicy, host: string): string {
  return sealedUse("session", auth, cookieDomain(auth, host) ?? host);
}

/** It was sealed by a replica of ours, which may be of another version. */
function parseSession(text: string): Session | undefined {
  const { c: claims, u: untilS, t: tokens } = recordOf(parseJson(text));
  if (!isRecord(claims) || typeof untilS !== "number" || !isRecord(tokens)) return undefined;
  const { id, access } = tokens;
  return {
    claims,
    untilS,
    tokens: { ...(typeof id === "string" && { id }), ...(typeof access === "string" && { access }) },
  };
}

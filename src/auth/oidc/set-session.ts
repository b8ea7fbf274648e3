import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { cookieDomain, sessionName } from "./cookie-base.ts";
import { chunkNames } from "./join-cookies.ts";
import { PENDING_S, pendingNameOf } from "./pending-sign-in.ts";
import type { RequestCookies } from "./request-cookies.ts";

/** Values of Set-Cookie for a session, and of those that end parts of an earlier one which the browser still has. */
export function setSession(
  auth: OidcPolicy,
  session: readonly (readonly [name: string, value: string])[],
  {
    host,
    cookies,
    lifetimeS,
  }: {
    readonly host: string;
    readonly cookies: RequestCookies;
    readonly lifetimeS: number;
  },
): readonly string[] {
  const domain = cookieDomain(auth, host);
  const names = new Set(session.map(([name]) => name));
  const left = chunkNames(sessionName(auth, host)).filter((name) => cookies.has(name) && !names.has(name));
  return [
    ...session.map(([name, value]) => printCookie(auth, { name, value, lifetimeS, domain })),
    ...left.map((name) => ended(auth, name, domain)),
  ];
}

/** Values of Set-Cookie that end a session. */
export function endSession(auth: OidcPolicy, host: string, cookies: RequestCookies): readonly string[] {
  const domain = cookieDomain(auth, host);
  return chunkNames(sessionName(auth, host))
    .filter((name, index) => index === 0 || cookies.has(name))
    .map((name) => ended(auth, name, domain));
}

/** The value of Set-Cookie for a sign-in under way. */
export function setPending(auth: OidcPolicy, [name, value]: readonly [name: string, value: string]): string {
  return printCookie(auth, { name, value, lifetimeS: PENDING_S });
}

/** The value of Set-Cookie that ends a sign-in under way. */
export function endPending(auth: OidcPolicy, state: string): readonly string[] {
  const name = pendingNameOf(auth, state);
  return name === undefined ? [] : [ended(auth, name)];
}

function ended(auth: OidcPolicy, name: string, domain?: string): string {
  return printCookie(auth, { name, value: "", lifetimeS: 0, domain });
}

/** Not for scripts, and over HTTPS alone (RFC 6265bis). */
function printCookie(
  { cookie }: OidcPolicy,
  of: {
    readonly name: string;
    readonly value: string;
    readonly lifetimeS: number;
    readonly domain?: string | undefined;
  },
): string {
  const domain = of.domain === undefined ? "" : `; Domain=${of.domain}`;
  return `${of.name}=${of.value}; Path=/${domain}; Max-Age=${of.lifetimeS}; Secure; HttpOnly; SameSite=${cookie.sameSite}`;
}

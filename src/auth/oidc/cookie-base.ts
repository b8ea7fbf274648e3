import { hash } from "node:crypto";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";

/** A digest for each request would cost more than all else that is done with its cookies. */
const bases = new WeakMap<OidcPolicy, string>();

/** Under which name the cookies of a sign-in are found among others: each has it behind a prefix, alone or before a hyphen. */
export function cookieBase(auth: OidcPolicy): string {
  const known = bases.get(auth);
  if (known !== undefined) return known;
  const base = auth.cookie.name ?? `hawser-${hash("sha256", auth.key, "hex").slice(0, 8)}`;
  bases.set(auth, base);
  return base;
}

/**
 * The name of the (first) cookie of a session at a host. Browsers take one with `__Host-` from the host itself alone, and one with
 * `__Secure-` from other hosts of its domain too, both over HTTPS (RFC 6265bis section 4.1.3).
 */
export function sessionName(auth: OidcPolicy, host: string): string {
  return `${cookieDomain(auth, host) === undefined ? "__Host-" : "__Secure-"}${cookieBase(auth)}`;
}

/** The domain of the cookies of a session; undefined: they are of the host alone, as where it is not in the domain of the policy. */
export function cookieDomain({ cookie: { domain } }: OidcPolicy, host: string): string | undefined {
  return domain !== undefined && (host === domain || host.endsWith(`.${domain}`)) ? domain : undefined;
}

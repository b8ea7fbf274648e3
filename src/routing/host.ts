/** IPv6 literal, or RFC 3986 reg-name without `*` (which would name a wildcard rule), a final dot, and a port. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9\-._~%!$&'()+,;=]+?)\.?(?::(\d{0,5}))?$/;

/** A DNS name has at most 253 characters (RFC 1035 section 3.1); a dot and a port may follow. */
const MAX_AUTHORITY_LENGTH = 260;

/**
 * The host that rules are compared with, from a Host header or the authority of an absolute target: lower case, without
 * port and without final dot (RFC 9110 section 4.2.3). Undefined if the text is not a host: empty, too long, with user
 * information or a path.
 */
export function hostOf(authority: string): string | undefined {
  if (authority.length > MAX_AUTHORITY_LENGTH) return undefined;
  return AUTHORITY.exec(authority.toLowerCase())?.[1];
}

/** The wildcard rule that would cover a host: `*.example.com` for `a.example.com`; undefined for a single label. */
export function wildcardOf(host: string): string | undefined {
  const dot = host.indexOf(".");
  return dot < 1 || dot === host.length - 1 ? undefined : `*${host.slice(dot)}`;
}

/** How a cookie is set (RFC 6265 section 4.1). */
export interface CookieSettings {
  readonly name: string;
  readonly path: string;
  readonly domain?: string;
  /** Seconds; one that is not above 0 has passed. */
  readonly expiresSeconds?: number;
  readonly maxAgeSeconds?: number;
  readonly sameSite?: "None" | "Lax" | "Strict";
  /** Undefined: where the request came by TLS. */
  readonly isSecure?: boolean;
}

/** The value of a Set-Cookie field. No script reads the cookie: it is always HttpOnly. */
export function setCookie(
  { name, path, domain, expiresSeconds, maxAgeSeconds, sameSite, isSecure }: CookieSettings,
  of: { readonly value: string; readonly isSecure: boolean; readonly wallMs: number },
): string {
  const parts = [`${name}=${of.value}`, `Path=${path}`];
  if (domain !== undefined) parts.push(`Domain=${domain}`);
  if (expiresSeconds !== undefined) parts.push(`Expires=${new Date(of.wallMs + expiresSeconds * 1_000).toUTCString()}`);
  if (maxAgeSeconds !== undefined) parts.push(`Max-Age=${maxAgeSeconds}`);
  if (isSecure ?? of.isSecure) parts.push("Secure");
  parts.push("HttpOnly");
  if (sameSite !== undefined) parts.push(`SameSite=${sameSite}`);
  return parts.join("; ");
}

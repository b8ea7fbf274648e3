/** IPv6 literal, or RFC 3986 reg-name without `*` (which would name a wildcard rule), a final dot, and a port. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9\-._~%!$&'()+,;=]+?)\.?(?::(\d{0,5}))?$/;

const DOT = 0x2e;
const COLON = 0x3a;
const [ZERO, NINE] = [0x30, 0x39];
const MAX_PORT_DIGITS = 5;
/** 1 for the characters of names as clients usually write them. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) => Number(/[a-z0-9.-]/.test(String.fromCharCode(code))));

/** A DNS name has at most 253 characters (RFC 1035 section 3.1); a dot and a port may follow. */
const MAX_AUTHORITY_LENGTH = 260;

/**
 * The host that rules are compared with, from a Host header or the authority of an absolute target: lower case, without
 * port and without final dot (RFC 9110 section 4.2.3). Undefined if the text is not a host: empty, too long, with user
 * information or a path.
 */
export function hostOf(authority: string): string | undefined {
  if (authority.length > MAX_AUTHORITY_LENGTH) return undefined;
  const end = plainEnd(authority);
  if (end > 0) return end === authority.length ? authority : authority.slice(0, end);
  return AUTHORITY.exec(authority.toLowerCase())?.[1];
}

/** Where the host ends in the form that almost all clients send: small letters, digits, hyphens and dots, and a port; 0 for any other. */
function plainEnd(authority: string): number {
  let end = 0;
  while (end < authority.length && PLAIN[authority.charCodeAt(end)] === 1) end++;
  if (end === 0 || authority.charCodeAt(end - 1) === DOT) return 0;
  if (end === authority.length) return end;
  const isPort = authority.charCodeAt(end) === COLON && authority.length - end <= MAX_PORT_DIGITS + 1;
  return isPort && areDigits(authority, end + 1) ? end : 0;
}

function areDigits(text: string, start: number): boolean {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) return false;
  }
  return true;
}

/** The wildcard rule that would cover a host: `*.example.com` for `a.example.com`; undefined for a single label. */
export function wildcardOf(host: string): string | undefined {
  const dot = host.indexOf(".");
  return dot < 1 || dot === host.length - 1 ? undefined : `*${host.slice(dot)}`;
}

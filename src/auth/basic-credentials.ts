/** A name and a password that a client gave. */
export interface BasicCredentials {
  /** One character for each byte. */
  readonly user: string;
  readonly password: Buffer;
}

/** `htpasswd` takes no longer ones either. */
const MAX_PASSWORD_BYTES = 255;
const MAX_USER_BYTES = 255;
const SCHEME = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/**
 * Reads the value of Authorization, one character for each byte, as Basic (RFC 7617 section 2). Undefined where it is
 * something else, where one of the two is longer than `htpasswd` takes, or where a NUL would end it for `crypt`.
 */
export function readBasicCredentials(authorization: string): BasicCredentials | undefined {
  const encoded = SCHEME.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, "base64");
  const colon = pair.indexOf(":");
  if (colon < 1 || colon > MAX_USER_BYTES || pair.length - colon - 1 > MAX_PASSWORD_BYTES) return undefined;
  if (pair.includes(0)) return undefined;
  return { user: pair.toString("latin1", 0, colon), password: Buffer.from(pair.subarray(colon + 1)) };
}

import { LOWER, spells, TOKEN } from "./ascii.ts";

const HYPHEN = 0x2d;

/** The header fields that mean something to a proxy; `Other` for the rest, which pass unread. */
export const HeaderField = {
  Other: 0,
  Host: 1,
  Connection: 2,
  ContentLength: 3,
  TransferEncoding: 4,
  Upgrade: 5,
  Expect: 6,
  XRequestId: 7,
  Date: 8,
  Server: 9,
  /** Only for the next hop (RFC 9110 section 7.6.1): not passed on. */
  HopByHop: 10,
  /** Claims to come from a proxy before us: ours to write, so the client's own is not passed on. */
  Forwarded: 11,
  /** Has `_` in its name: endpoints that read it as `-` could be given a field that we would have removed. */
  Underscored: 12,
  /** Must not come in a trailer, and must not be removed by being named in Connection. */
  Credential: 13,
  /** Has other characters in its name than letters, digits, `-` and `_`: some endpoints read all of them alike. */
  Unusual: 14,
  /** How often Hawser has forwarded the request: what is written is ours, one more than what came. */
  Hops: 15,
  /** Announces trailers: passes where they may come, because some servers take no others (that of Go for HTTP/2). */
  Trailer: 16,
} as const;

export type HeaderField = (typeof HeaderField)[keyof typeof HeaderField];

const NAMES: Readonly<Record<string, HeaderField>> = {
  host: HeaderField.Host,
  connection: HeaderField.Connection,
  "content-length": HeaderField.ContentLength,
  "transfer-encoding": HeaderField.TransferEncoding,
  upgrade: HeaderField.Upgrade,
  expect: HeaderField.Expect,
  "x-request-id": HeaderField.XRequestId,
  "x-hawser-hops": HeaderField.Hops,
  date: HeaderField.Date,
  server: HeaderField.Server,
  "keep-alive": HeaderField.HopByHop,
  te: HeaderField.HopByHop,
  trailer: HeaderField.Trailer,
  "proxy-connection": HeaderField.HopByHop,
  "proxy-authenticate": HeaderField.HopByHop,
  "proxy-authorization": HeaderField.HopByHop,
  // Not a standard field, but CGI programs read it as the setting HTTP_PROXY (CVE-2016-5385, httpoxy).
  proxy: HeaderField.HopByHop,
  forwarded: HeaderField.Forwarded,
  "x-original-forwarded-for": HeaderField.Forwarded,
  "x-original-host": HeaderField.Forwarded,
  "x-original-method": HeaderField.Forwarded,
  "x-original-uri": HeaderField.Forwarded,
  "x-original-url": HeaderField.Forwarded,
  "x-rewrite-url": HeaderField.Forwarded,
  "x-real-ip": HeaderField.Forwarded,
  "x-client-ip": HeaderField.Forwarded,
  "x-cluster-client-ip": HeaderField.Forwarded,
  "true-client-ip": HeaderField.Forwarded,
  "cf-connecting-ip": HeaderField.Forwarded,
  "fastly-client-ip": HeaderField.Forwarded,
  "x-scheme": HeaderField.Forwarded,
  "x-url-scheme": HeaderField.Forwarded,
  "front-end-https": HeaderField.Forwarded,
  authorization: HeaderField.Credential,
  cookie: HeaderField.Credential,
  "set-cookie": HeaderField.Credential,
  "www-authenticate": HeaderField.Credential,
  "content-type": HeaderField.Credential,
  "content-encoding": HeaderField.Credential,
  "content-range": HeaderField.Credential,
};

/** Names of which all that begin so claim to come from a proxy: addresses, schemes, ports, client certificates. */
const FORWARDED_PREFIXES = ["x-forwarded-", "x-ssl-client-", "ssl-client-"].map((prefix) => Buffer.from(prefix));

const SHORTEST_PREFIX = Math.min(...FORWARDED_PREFIXES.map(({ length }) => length));
/** What the prefixes begin with: other names are not compared. */
const LETTER_X = 0x78;
const LETTER_S = 0x73;

interface KnownName {
  readonly field: HeaderField;
  readonly name: Uint8Array;
}

const BY_LENGTH: readonly (readonly KnownName[])[] = Array.from({ length: 32 }, (_, length) =>
  Object.entries(NAMES)
    .filter(([name]) => name.length === length)
    .map(([name, field]) => ({ field, name: Buffer.from(name) })),
);

/** Which field a name in the bytes is, in any case. */
export function fieldOf(bytes: Uint8Array, start: number, end: number): HeaderField {
  const candidates = BY_LENGTH[end - start];
  if (candidates !== undefined) {
    for (let index = 0; index < candidates.length; index++) {
      const { name, field } = candidates[index]!;
      if (spells(bytes, start, end, name)) return field;
    }
  }
  return hasForwardedPrefix(bytes, start, end) ? HeaderField.Forwarded : HeaderField.Other;
}

function hasForwardedPrefix(bytes: Uint8Array, start: number, end: number): boolean {
  const first = LOWER[bytes[start]!];
  if (end - start < SHORTEST_PREFIX || (first !== LETTER_X && first !== LETTER_S)) return false;
  for (let index = 0; index < FORWARDED_PREFIXES.length; index++) {
    const prefix = FORWARDED_PREFIXES[index]!;
    if (end - start > prefix.length && spells(bytes, start, start + prefix.length, prefix)) return true;
  }
  return false;
}

/** Which field an endpoint could take a name for that reads every unusual character of it as a hyphen. */
export function aliasedFieldOf(bytes: Uint8Array, start: number, end: number): HeaderField {
  const alias = bytes.slice(start, end).map((byte) => (TOKEN[byte] === 1 ? byte : HYPHEN));
  return fieldOf(alias, 0, alias.length);
}

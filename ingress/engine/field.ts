import { spells } from "./ascii.ts";

/** The header fields that mean something to a proxy; `Other` for the rest, which pass unread. */
export const Field = {
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
  /** Says who the client is: ours to write, so the client's own is not passed on. */
  Forwarded: 11,
  /** Has `_` in its name: backends that read it as `-` could be given a field that we would have removed. */
  Underscored: 12,
  /** Must not come in a trailer, and must not be removed by being named in Connection. */
  Credential: 13,
} as const;

export type Field = (typeof Field)[keyof typeof Field];

const NAMES: Readonly<Record<string, Field>> = {
  host: Field.Host,
  connection: Field.Connection,
  "content-length": Field.ContentLength,
  "transfer-encoding": Field.TransferEncoding,
  upgrade: Field.Upgrade,
  expect: Field.Expect,
  "x-request-id": Field.XRequestId,
  date: Field.Date,
  server: Field.Server,
  "keep-alive": Field.HopByHop,
  te: Field.HopByHop,
  trailer: Field.HopByHop,
  "proxy-connection": Field.HopByHop,
  "proxy-authenticate": Field.HopByHop,
  "proxy-authorization": Field.HopByHop,
  // No standard field, but CGI programs take it for the setting HTTP_PROXY (CVE-2016-5385, httpoxy).
  proxy: Field.HopByHop,
  forwarded: Field.Forwarded,
  "x-forwarded-for": Field.Forwarded,
  "x-forwarded-host": Field.Forwarded,
  "x-forwarded-port": Field.Forwarded,
  "x-forwarded-proto": Field.Forwarded,
  "x-forwarded-scheme": Field.Forwarded,
  "x-forwarded-prefix": Field.Forwarded,
  "x-forwarded-server": Field.Forwarded,
  "x-original-forwarded-for": Field.Forwarded,
  "x-real-ip": Field.Forwarded,
  "x-scheme": Field.Forwarded,
  authorization: Field.Credential,
  cookie: Field.Credential,
  "set-cookie": Field.Credential,
  "www-authenticate": Field.Credential,
  "content-type": Field.Credential,
  "content-encoding": Field.Credential,
  "content-range": Field.Credential,
};

interface KnownName {
  readonly field: Field;
  readonly name: Uint8Array;
}

const BY_LENGTH: readonly (readonly KnownName[])[] = Array.from({ length: 32 }, (_, length) =>
  Object.entries(NAMES)
    .filter(([name]) => name.length === length)
    .map(([name, field]) => ({ field, name: Buffer.from(name) })),
);

/** Which field a name in the bytes is, in any case. */
export function fieldOf(bytes: Uint8Array, start: number, end: number): Field {
  const candidates = BY_LENGTH[end - start];
  if (candidates === undefined) return Field.Other;
  for (let index = 0; index < candidates.length; index++) {
    const { name, field } = candidates[index]!;
    if (spells(bytes, start, end, name)) return field;
  }
  return Field.Other;
}

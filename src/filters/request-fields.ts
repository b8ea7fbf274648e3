import { sameHeaderName } from "#src/auth/same-header-name.ts";

/** What becomes of the fields of a request on its way to an endpoint; as bytes, because they are the same for all requests of a rule. */
export interface RequestFields {
  /** The line `Host`, with its end, in place of the client's. */
  readonly hostLine: Buffer | undefined;
  /** Further lines, each with its end; of fields that clients cannot send, or that are removed. */
  readonly lines: Buffer;
  /** Fields of the client with these names (`sameHeaderName`) do not pass. */
  readonly removes: ReadonlySet<string>;
}

/** The fields for these values, which are visible ASCII; undefined where there is none. */
export function requestFields(values: {
  readonly host: string | undefined;
  readonly forwardedPrefix: string | undefined;
  readonly connection: "keep-alive" | "close" | undefined;
  /** Take the place of those of the client; an empty value only takes them away. */
  readonly set: readonly { readonly name: string; readonly value: string }[];
  /** Are added to those of the client. */
  readonly added?: readonly { readonly name: string; readonly value: string }[];
}): RequestFields | undefined {
  const { host, forwardedPrefix, connection, set, added = [] } = values;
  const isPlain = host === undefined && forwardedPrefix === undefined && connection === undefined;
  if (isPlain && set.length + added.length === 0) return undefined;
  const last = new Map(set.map((field) => [sameHeaderName(field.name), field]));
  const lines = [
    forwardedPrefix === undefined ? "" : `X-Forwarded-Prefix: ${forwardedPrefix}\r\n`,
    connection === undefined ? "" : `Connection: ${connection}\r\n`,
    ...[...last.values(), ...added].map(({ name, value }) => (value === "" ? "" : `${name}: ${value}\r\n`)),
  ];
  return {
    hostLine: host === undefined ? undefined : Buffer.from(`Host: ${host}\r\n`),
    lines: Buffer.from(lines.join("")),
    removes: new Set(last.keys()),
  };
}

/** What becomes of the fields of a request on its way to an endpoint; as bytes, because they are the same for all requests of a rule. */
export interface RequestFields {
  /** The line `Host`, with its end, in place of the client's. */
  readonly hostLine: Buffer | undefined;
  /** Further lines, each with its end; of fields that clients cannot send. */
  readonly lines: Buffer;
}

/** The fields for these values, which are visible ASCII; undefined where there is none. */
export function requestFields(values: {
  readonly host: string | undefined;
  readonly forwardedPrefix: string | undefined;
}): RequestFields | undefined {
  const { host, forwardedPrefix } = values;
  if (host === undefined && forwardedPrefix === undefined) return undefined;
  return {
    hostLine: host === undefined ? undefined : Buffer.from(`Host: ${host}\r\n`),
    lines: Buffer.from(forwardedPrefix === undefined ? "" : `X-Forwarded-Prefix: ${forwardedPrefix}\r\n`),
  };
}

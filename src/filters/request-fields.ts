/** What becomes of the fields of a request on its way to an endpoint; as bytes, because they are the same for all requests of a rule. */
export interface RequestFields {
  /** The line `Host`, with its end, in place of the client's. */
  readonly hostLine: Buffer | undefined;
  /** Further lines, each with its end; of fields of clients that do not pass. */
  readonly lines: Buffer;
}

/** The fields for these values, which are visible ASCII; undefined where there is none. */
export function requestFields(values: {
  readonly host: string | undefined;
  readonly forwardedPrefix: string | undefined;
  readonly connection: "keep-alive" | "close" | undefined;
}): RequestFields | undefined {
  const { host, forwardedPrefix, connection } = values;
  if (host === undefined && forwardedPrefix === undefined && connection === undefined) return undefined;
  const prefixLine = forwardedPrefix === undefined ? "" : `X-Forwarded-Prefix: ${forwardedPrefix}\r\n`;
  const connectionLine = connection === undefined ? "" : `Connection: ${connection}\r\n`;
  return {
    hostLine: host === undefined ? undefined : Buffer.from(`Host: ${host}\r\n`),
    lines: Buffer.from(prefixLine + connectionLine),
  };
}

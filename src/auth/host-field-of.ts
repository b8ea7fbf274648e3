/** What the field `Host` of requests to a service says (RFC 9110 section 7.2): its port where that is not the usual one. */
export function hostFieldOf(service: {
  readonly host: string;
  readonly scheme: "http" | "https";
  readonly port: number;
}): string {
  const { host, scheme, port } = service;
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return port === (scheme === "https" ? 443 : 80) ? name : `${name}:${port}`;
}

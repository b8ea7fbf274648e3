/** The text of an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as that of the IPv4 address; any other text as it is. */
export function withoutMapping(text: string): string {
  // Nearly all are IPv4 addresses: each new connection asks.
  if (!text.startsWith(":")) return text;
  return text.replace(/^::ffff:(?=\d+\.)/i, "");
}

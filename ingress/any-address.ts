import type { networkInterfaces } from "node:os";

/** What to listen on for all addresses of a host: IPv4 alone where it has no IPv6. */
export function anyAddress(interfaces: ReturnType<typeof networkInterfaces>): "::" | "0.0.0.0" {
  const hasIpv6 = Object.values(interfaces).some((list) => list?.some(({ family }) => family === "IPv6"));
  return hasIpv6 ? "::" : "0.0.0.0";
}

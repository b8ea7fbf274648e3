import { includesIp, type Ip, parseIp } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";

/** Where clouds give programs of a machine its keys, besides link-local addresses: of Amazon by IPv6, Alibaba, Azure. */
const METADATA = ["fd00:ec2::254", "100.100.100.200", "168.63.129.16"].map((text) => parseIp(text) as Ip);

/**
 * Whether a service that an Ingress names may be asked at this address. Not at those of this program and its node
 * (loopback), nor at those that only a machine itself can use: an Ingress could reach with them what its writer cannot.
 */
export function isReachableAddress(address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && reservedUse(ip) === undefined && !includesIp(METADATA, ip);
}

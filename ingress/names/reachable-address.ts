import { includesIp, type Ip, parseIp } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";

/** Where clouds give programs of a machine its keys, besides link-local addresses: Amazon (machines, pods), Google, Alibaba, Azure, Oracle. */
const METADATA = [
  "fd00:ec2::254",
  "fd00:ec2::23",
  "fd20:ce::254",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
].map((text) => parseIp(text) as Ip);

/**
 * Whether a service that an Ingress names may be asked at this address. Not at those of this program and its node
 * (loopback), nor at those that only a machine itself can use: an Ingress could reach with them what its writer cannot.
 */
export function isReachableAddress(address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && [ip, ...ipv4Within(ip)].every(isUsable);
}

function isUsable(ip: Ip): boolean {
  return reservedUse(ip) === undefined && !includesIp(METADATA, ip);
}

/** The IPv4 address that a gateway of the network makes of an IPv6 address: NAT64 (RFC 6052), 6to4 (RFC 3056), compatible (RFC 4291). */
function ipv4Within({ family, value }: Ip): readonly Ip[] {
  if (family === "ipv4") return [];
  const prefix = value >> 32n;
  if (prefix === 0n || prefix === NAT64 || prefix >> 48n === LOCAL_NAT64) return [ipv4Of(value)];
  return value >> 112n === SIX_TO_FOUR ? [ipv4Of(value >> 80n)] : [];
}

/** `64:ff9b::/96`, without its last 32 bits; `64:ff9b:1::/48` and `2002::/16`, without all bits after the prefix. */
const NAT64 = 0x0064_ff9b_0000_0000_0000_0000n;
const LOCAL_NAT64 = 0x0064_ff9b_0001n;
const SIX_TO_FOUR = 0x2002n;

function ipv4Of(value: bigint): Ip {
  return { family: "ipv4", value: value & 0xffff_ffffn };
}

/** Which addresses may be asked by what Ingresses and Services name. `env`: of a pod, with the address of the API server. */
export function reachableAddresses(of: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isOfThisNode: (address: string) => boolean;
}): {
  /** Of the services that are asked who may come in: they may be behind this ingress, and so on this node. */
  readonly forQuestions: (address: string) => boolean;
  /** Of what gets requests, or copies of them. */
  readonly forRequests: (address: string) => boolean;
} {
  const apiServer = [parseIp(of.env["KUBERNETES_SERVICE_HOST"] ?? "")].filter((ip) => ip !== undefined);
  const forQuestions = (address: string): boolean => {
    const ip = parseIp(address);
    return ip !== undefined && isReachableAddress(address) && !includesIp(apiServer, ip);
  };
  return { forQuestions, forRequests: (address) => forQuestions(address) && !of.isOfThisNode(address) };
}

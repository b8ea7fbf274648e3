import { bitsOf, parseIp } from "#src/ip/address.ts";
import { type Cidr, cidrOf, parseCidr } from "#src/ip/cidr.ts";

/**
 * The networks of a list with commas: CIDRs, of which host bits are masked away, and single addresses. Blanks around them
 * and empty places change nothing. Undefined where one of them cannot be read, or there is none.
 */
export function parseNetworks(text: string): readonly Cidr[] | undefined {
  const networks: Cidr[] = [];
  for (const part of text.split(",")) {
    const trimmed = part.trim();
    if (trimmed === "") continue;
    const network = parseCidr(trimmed) ?? onlyAddress(trimmed);
    if (network === undefined) return undefined;
    networks.push(network);
  }
  return networks.length === 0 ? undefined : networks;
}

function onlyAddress(text: string): Cidr | undefined {
  const ip = parseIp(text);
  return ip && cidrOf(ip, bitsOf(ip.family));
}

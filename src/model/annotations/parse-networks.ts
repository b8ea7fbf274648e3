import { bitsOf, parseIp } from "#src/ip/address.ts";
import { type Cidr, cidrOf, parseCidr } from "#src/ip/cidr.ts";
import { commaList } from "#src/model/comma-list.ts";

/**
 * The networks of a list with commas: CIDRs, of which host bits are masked away, and single addresses. Blanks around them
 * and empty places change nothing. Undefined where one of them cannot be read, or there is none.
 */
export function parseNetworks(text: string): readonly Cidr[] | undefined {
  const networks: Cidr[] = [];
  for (const part of commaList(text)) {
    const network = parseNetwork(part);
    if (network === undefined) return undefined;
    networks.push(network);
  }
  return networks.length === 0 ? undefined : networks;
}

/** A network, or the one that has a single address alone; undefined where the text is neither. */
export function parseNetwork(text: string): Cidr | undefined {
  const ip = parseIp(text);
  return ip === undefined ? parseCidr(text) : cidrOf(ip, bitsOf(ip.family));
}

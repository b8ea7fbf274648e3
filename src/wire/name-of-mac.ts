import { parseMac } from "./mac.ts";

/** The Ethernet addresses of virtual routers by their first five bytes; the last one is a number. */
const VIRTUAL: readonly { readonly prefix: readonly number[]; readonly name: string }[] = [
  // RFC 9568 section 7.3; CARP uses the same ones.
  { prefix: [0x00, 0x00, 0x5e, 0x00, 0x01], name: "VRRP or CARP, virtual router" },
  { prefix: [0x00, 0x00, 0x5e, 0x00, 0x02], name: "VRRP for IPv6, virtual router" },
  // RFC 2281 section 6.2.
  { prefix: [0x00, 0x00, 0x0c, 0x07, 0xac], name: "HSRP, group" },
];

/**
 * What an Ethernet address surely says of its machine, as text: `VRRP or CARP, virtual router 51`. Undefined for all others: the
 * first half of an ordinary address names a vendor, and proves no program.
 */
export function nameOfMac(text: string): string | undefined {
  const mac = parseMac(text);
  if (mac === undefined) return undefined;
  const found = VIRTUAL.find(({ prefix }) => prefix.every((byte, at) => mac[at] === byte));
  return found === undefined ? undefined : `${found.name} ${mac[5]}`;
}

import { type Ip, printIp } from "#src/ip/address.ts";

/** Texts that are remembered. */
const MAX_TEXTS = 50_000;

/** Prints addresses and remembers the texts: the same ones are in every heartbeat of a set. IPv4 and IPv6 ones differ by size. */
export function addressTexts(): (ip: Ip) => string {
  const texts = new Map<bigint, string>();
  return (ip) => {
    const known = texts.get(ip.value);
    if (known !== undefined && known.includes(":") === (ip.family === "ipv6")) return known;
    if (texts.size >= MAX_TEXTS) texts.clear();
    const text = printIp(ip);
    texts.set(ip.value, text);
    return text;
  };
}

import { bitsOf, type Ip, ipToBytes, parseIp, printIp, UNSPECIFIED } from "#src/ip/address.ts";
import type { ProxyVersion } from "#src/model/annotations/proxy-protocol.ts";
import type { ConnectionEnds, SocketEnd } from "./connection.ts";

const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
/** Version 2, command PROXY. */
const PROXIED = 0x21;
/** TCP over IPv4 and over IPv6. */
const TCP = { ipv4: 0x11, ipv6: 0x21 } as const;
const MAPPED_PREFIX = 0xffffn << 32n;

/**
 * The header of the PROXY protocol that says between whom a connection is (HAProxy's "The PROXY protocol", sections 2.1 and 2.2), without further
 * values. Ends of two families are both written as IPv6, the one of IPv4 as IPv4-mapped. An end whose address cannot be read is the unspecified
 * one: a header that names no client would have the endpoint take the proxy for it.
 */
export function writeProxyHeader(version: ProxyVersion, { client, asked }: ConnectionEnds): Buffer {
  const [from, to] = [client, asked].map(ipOf);
  const family = [from, to].some((ip) => ip?.family === "ipv6") ? "ipv6" : "ipv4";
  if (version === 1) {
    const [sourceText, destinationText] = [from, to].map((ip) => textIn(ip ?? UNSPECIFIED[family], family));
    const name = family === "ipv4" ? "TCP4" : "TCP6";
    return Buffer.from(`PROXY ${name} ${sourceText} ${destinationText} ${client.port} ${asked.port}\r\n`, "latin1");
  }
  const addresses = [from, to].map((ip) => ipToBytes(inFamily(ip ?? UNSPECIFIED[family], family)));
  const length = (bitsOf(family) / 8) * 2 + 4;
  const ports = [length, client.port, asked.port].map(twoBytes);
  return Buffer.concat([SIGNATURE, Buffer.of(PROXIED, TCP[family]), ports[0]!, ...addresses, ports[1]!, ports[2]!]);
}

function ipOf({ address }: SocketEnd): Ip | undefined {
  // A link-local address may have the name of its interface.
  return parseIp(address.replace(/%.*$/, ""));
}

/** IPv4-mapped addresses are written with dots (RFC 5952 section 5), as all readers take them. */
function textIn(ip: Ip, family: Ip["family"]): string {
  return ip.family === family ? printIp(ip) : `::ffff:${printIp(ip)}`;
}

function inFamily(ip: Ip, family: Ip["family"]): Ip {
  return ip.family === family ? ip : { family: "ipv6", value: MAPPED_PREFIX | ip.value };
}

function twoBytes(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

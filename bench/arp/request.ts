import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { parseIp } from "#src/ip/address.ts";
import { encodeArp } from "#src/wire/arp.ts";
import { encodeEthernet, ETHER_TYPE_ARP } from "#src/wire/ethernet.ts";
import { BROADCAST_MAC, parseMac, ZERO_MAC } from "#src/wire/mac.ts";

/** Accepts every frame: BPF_RET | BPF_K with the largest length. */
export const EVERY_FRAME = new Uint8Array([0x06, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);

/** Who asks: a host of the rack, by its addresses. */
export interface Asker {
  readonly mac: string;
  readonly senderIp: string;
}

/** The frame of an ARP request for an address (RFC 826), broadcast. Throws for what is not an address. */
export function requestFrame(ip: string, { mac, senderIp }: Asker): Uint8Array {
  const [targetIp, sender, source] = [parseIp(ip), parseIp(senderIp), parseMac(mac)];
  if (targetIp === undefined || sender === undefined || source === undefined) throw new Error("bad order");
  const packet = { operation: "request", senderMac: source, senderIp: sender, targetMac: ZERO_MAC, targetIp } as const;
  const payload = encodeArp(packet);
  return encodeEthernet({ destination: BROADCAST_MAC, source, etherType: ETHER_TYPE_ARP, payload });
}

/** The index of eth0. /proc/net names interfaces by index also where /sys belongs to another namespace. */
export function interfaceIndex(): number {
  if (networkInterfaces()["eth0"] === undefined) throw new Error("no eth0 here");
  const row = readFileSync("/proc/net/igmp", "utf8")
    .split("\n")
    .find((line) => /^\d+\s+eth0\s/.test(line));
  return Number(row?.split(/\s+/)[0]);
}

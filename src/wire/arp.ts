import { type Ip, ipFromBytes, ipToBytes } from "#src/ip/address.ts";

/** Bytes of an ARP packet for IPv4 over Ethernet. */
const ARP_BYTES = 28;

/** Hardware type Ethernet, protocol type IPv4, and the lengths of their addresses: the first six bytes. */
const ETHERNET_IPV4 = [0x00, 0x01, 0x08, 0x00, 6, 4] as const;

const OPERATION = 7;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;

/** An ARP packet for IPv4 over Ethernet (RFC 826). */
export interface ArpPacket {
  readonly operation: "request" | "reply";
  readonly senderMac: Uint8Array;
  /** 0.0.0.0 in a probe (RFC 5227 section 2.1.1). */
  readonly senderIp: Ip;
  /** Without meaning in a request. */
  readonly targetMac: Uint8Array;
  readonly targetIp: Ip;
}

/** Writes an ARP packet (RFC 826). */
export function encodeArp({ operation, senderMac, senderIp, targetMac, targetIp }: ArpPacket): Uint8Array {
  const bytes = new Uint8Array(ARP_BYTES);
  bytes.set(ETHERNET_IPV4, 0);
  bytes[OPERATION] = operation === "request" ? 1 : 2;
  bytes.set(senderMac, SENDER_MAC);
  bytes.set(ipToBytes(senderIp), SENDER_IP);
  bytes.set(targetMac, TARGET_MAC);
  bytes.set(ipToBytes(targetIp), TARGET_IP);
  return bytes;
}

/**
 * Reads an ARP packet; its MAC addresses are views of the input, padding behind it is left alone. Undefined if under
 * 28 bytes, not for IPv4 over Ethernet, or neither request nor reply.
 */
export function decodeArp(bytes: Uint8Array): ArpPacket | undefined {
  if (bytes.length < ARP_BYTES) return undefined;
  if (!ETHERNET_IPV4.every((byte, index) => bytes[index] === byte) || bytes[OPERATION - 1] !== 0) return undefined;
  const operation = bytes[OPERATION];
  if (operation !== 1 && operation !== 2) return undefined;
  return {
    operation: operation === 1 ? "request" : "reply",
    senderMac: bytes.subarray(SENDER_MAC, SENDER_IP),
    senderIp: ipFromBytes(bytes.subarray(SENDER_IP, TARGET_MAC)),
    targetMac: bytes.subarray(TARGET_MAC, TARGET_IP),
    targetIp: ipFromBytes(bytes.subarray(TARGET_IP, ARP_BYTES)),
  };
}

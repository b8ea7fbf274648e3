import { MAC_BYTES } from "./mac.ts";

/** Bytes before the payload of an untagged frame. */
export const ETHERNET_HEADER_BYTES = 14;

export const ETHER_TYPE_IPV4 = 0x0800;
export const ETHER_TYPE_ARP = 0x0806;
export const ETHER_TYPE_IPV6 = 0x86dd;

/** An untagged Ethernet II frame without its check sequence, as a packet socket gives and takes it. */
export interface EthernetFrame {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  readonly etherType: number;
  /** May be longer than what it carries: short frames are padded to 60 bytes on the wire. */
  readonly payload: Uint8Array;
}

/** Writes a frame; no padding is added, the driver does that. */
export function encodeEthernet({ destination, source, etherType, payload }: EthernetFrame): Uint8Array {
  const bytes = new Uint8Array(ETHERNET_HEADER_BYTES + payload.length);
  bytes.set(destination, 0);
  bytes.set(source, MAC_BYTES);
  bytes[12] = etherType >>> 8;
  bytes[13] = etherType;
  bytes.set(payload, ETHERNET_HEADER_BYTES);
  return bytes;
}

/** Reads a frame; its fields are views of the input. Undefined if under 14 bytes. */
export function decodeEthernet(bytes: Uint8Array): EthernetFrame | undefined {
  if (bytes.length < ETHERNET_HEADER_BYTES) return undefined;
  return {
    destination: bytes.subarray(0, MAC_BYTES),
    source: bytes.subarray(MAC_BYTES, 2 * MAC_BYTES),
    etherType: ((bytes[12] ?? 0) << 8) | (bytes[13] ?? 0),
    payload: bytes.subarray(ETHERNET_HEADER_BYTES),
  };
}

import { type Ip, ipFromBytes, ipToBytes } from "#src/ip/address.ts";
import { internetChecksum, sumWords } from "./checksum.ts";

/** Bytes of a header without options. */
export const IPV4_HEADER_BYTES = 20;

/** The protocol number of ICMP (RFC 792). */
export const PROTOCOL_ICMP = 1;

/** Of the word of flags and fragment offset (RFC 791 section 3.1): the flag "don't fragment", and all that a packet in one piece has at zero. */
export const DONT_FRAGMENT = 0x4000;
const NOT_WHOLE = 0xbfff;

const TYPE_OF_SERVICE = 1;
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FLAGS = 6;
const TIME_TO_LIVE = 8;
const PROTOCOL = 9;
const CHECKSUM = 10;
const SOURCE = 12;
const DESTINATION = 16;

/** An IPv4 packet in one piece (RFC 791 section 3.1), without options. */
export interface Ipv4Packet {
  /** The byte of type of service, or of DSCP and ECN. */
  readonly typeOfService: number;
  /** 0 to 65,535: tells the pieces of one packet from those of another. */
  readonly identification: number;
  readonly dontFragment: boolean;
  /** 0 to 255. */
  readonly timeToLive: number;
  readonly protocol: number;
  readonly source: Ip;
  readonly destination: Ip;
  /** At most 65,515 bytes. */
  readonly payload: Uint8Array;
}

/** Why bytes are not read as a packet: a closed set. */
type Ipv4Fault = "malformed" | "options" | "checksum" | "fragment";

export type DecodedIpv4 =
  | { readonly ok: true; readonly packet: Ipv4Packet }
  | { readonly ok: false; readonly reason: Ipv4Fault };

/** Writes a packet, with the checksum of its header. */
export function encodeIpv4(packet: Ipv4Packet): Uint8Array {
  const { payload } = packet;
  const bytes = new Uint8Array(IPV4_HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x45;
  bytes[TYPE_OF_SERVICE] = packet.typeOfService;
  view.setUint16(TOTAL_LENGTH, bytes.length);
  view.setUint16(IDENTIFICATION, packet.identification);
  view.setUint16(FLAGS, packet.dontFragment ? DONT_FRAGMENT : 0);
  bytes[TIME_TO_LIVE] = packet.timeToLive;
  bytes[PROTOCOL] = packet.protocol;
  bytes.set(ipToBytes(packet.source), SOURCE);
  bytes.set(ipToBytes(packet.destination), DESTINATION);
  view.setUint16(CHECKSUM, internetChecksum(sumWords(bytes.subarray(0, IPV4_HEADER_BYTES))));
  bytes.set(payload, IPV4_HEADER_BYTES);
  return bytes;
}

/**
 * Reads a packet and verifies the checksum of its header; the payload is a view of the input, without padding behind it. A packet
 * with options, and one that is a piece of a larger one, are not read.
 */
export function decodeIpv4(bytes: Uint8Array): DecodedIpv4 {
  if (bytes.length < IPV4_HEADER_BYTES) return { ok: false, reason: "malformed" };
  const [first = 0] = bytes;
  if (first >>> 4 !== 4 || (first & 0xf) < 5) return { ok: false, reason: "malformed" };
  if (first !== 0x45) return { ok: false, reason: "options" };
  if (internetChecksum(sumWords(bytes.subarray(0, IPV4_HEADER_BYTES))) !== 0) return { ok: false, reason: "checksum" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = view.getUint16(TOTAL_LENGTH);
  if (end < IPV4_HEADER_BYTES || end > bytes.length) return { ok: false, reason: "malformed" };
  const flags = view.getUint16(FLAGS);
  if ((flags & NOT_WHOLE) !== 0) return { ok: false, reason: "fragment" };
  const packet = {
    typeOfService: view.getUint8(TYPE_OF_SERVICE),
    identification: view.getUint16(IDENTIFICATION),
    dontFragment: flags === DONT_FRAGMENT,
    timeToLive: view.getUint8(TIME_TO_LIVE),
    protocol: view.getUint8(PROTOCOL),
    source: ipFromBytes(bytes.subarray(SOURCE, DESTINATION)),
    destination: ipFromBytes(bytes.subarray(DESTINATION, IPV4_HEADER_BYTES)),
    payload: bytes.subarray(IPV4_HEADER_BYTES, end),
  };
  return { ok: true, packet };
}

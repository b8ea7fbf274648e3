import { type Ip, ipFromBytes } from "#src/ip/address.ts";
import { internetChecksum, sumWords } from "./checksum.ts";
import { type PacketEnds, pseudoHeaderSum } from "./ipv6.ts";

/** The protocol number of VRRP in IPv4 and IPv6 (RFC 9568 section 5.1.1.4), which CARP uses as well. */
export const PROTOCOL_VRRP = 112;

/** Of each advertisement: one with less came through a router (RFC 9568 section 5.1.1.3). */
export const VRRP_HOP_LIMIT = 255;

/** Version 2 or 3 in the upper half, and the only type, advertisement. */
const VERSION_2 = 0x21;
const VERSION_3 = 0x31;

const HEADER_BYTES = 8;
/** Two words of authentication data end a message of version 2, whether they mean anything or not (RFC 3768 section 5.1). */
const AUTHENTICATION_BYTES = 8;
const ADDRESS_BYTES = { ipv4: 4, ipv6: 16 } as const;

const VIRTUAL_ROUTER = 1;
const PRIORITY = 2;
const COUNT = 3;
const INTERVAL_2 = 5;
const INTERVAL_3 = 4;

/** A VRRP advertisement (RFC 3768 section 5.1, RFC 9568 section 5.1): the machine that sends it has these addresses. */
export interface VrrpMessage {
  readonly version: 2 | 3;
  /** The number of the virtual router, 1 to 255. */
  readonly id: number;
  /** 0 to 255; 0: the machine gives the addresses up. */
  readonly priority: number;
  /** Milliseconds until the next one: up to 255,000. */
  readonly intervalMs: number;
  /** 1 to 255, of the family of the packet. */
  readonly addresses: readonly Ip[];
}

/**
 * Reads the advertisement that is the whole payload of a packet between these ends, and verifies its checksum: over IPv4 with version 3
 * both with the pseudo header, as RFC 5798 was read by keepalived and others, and without, as RFC 9568 section 5.2.8 says.
 * Undefined for all else: another length than its count of addresses makes, no address, the virtual router 0.
 */
export function decodeVrrp(bytes: Uint8Array, ends: PacketEnds): VrrpMessage | undefined {
  const version = versionOf(bytes, ends);
  if (version === undefined) return undefined;
  const { family } = ends.source;
  const [id, priority, count] = [bytes[VIRTUAL_ROUTER] ?? 0, bytes[PRIORITY] ?? 0, bytes[COUNT] ?? 0];
  const size = ADDRESS_BYTES[family];
  const end = HEADER_BYTES + count * size;
  if (id === 0 || count === 0 || bytes.length !== end + (version === 2 ? AUTHENTICATION_BYTES : 0)) return undefined;
  if (!hasRightChecksum(bytes, version, ends)) return undefined;
  const addresses = Array.from({ length: count }, (_, index) =>
    ipFromBytes(bytes.subarray(HEADER_BYTES + index * size, HEADER_BYTES + (index + 1) * size)),
  );
  return { version, id, priority, intervalMs: intervalOf(bytes, version), addresses };
}

/** Version 2 is of IPv4 alone. */
function versionOf(bytes: Uint8Array, { source }: PacketEnds): 2 | 3 | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const [first] = bytes;
  if (first === VERSION_3) return 3;
  return first === VERSION_2 && source.family === "ipv4" ? 2 : undefined;
}

function hasRightChecksum(bytes: Uint8Array, version: 2 | 3, ends: PacketEnds): boolean {
  const sum = sumWords(bytes);
  const isPlain = ends.source.family === "ipv4" && internetChecksum(sum) === 0;
  if (isPlain || version === 2) return isPlain;
  return internetChecksum(sum + pseudoHeaderSum(ends, PROTOCOL_VRRP, bytes.length)) === 0;
}

/** Seconds in version 2; hundredths of a second, in 12 bits, in version 3. */
function intervalOf(bytes: Uint8Array, version: 2 | 3): number {
  if (version === 2) return (bytes[INTERVAL_2] ?? 0) * 1_000;
  return ((((bytes[INTERVAL_3] ?? 0) & 0xf) << 8) | (bytes[INTERVAL_3 + 1] ?? 0)) * 10;
}

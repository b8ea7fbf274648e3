import { ETHERNET_HEADER_BYTES } from "#src/wire/ethernet.ts";
import { IPV4_HEADER_BYTES } from "#src/wire/ipv4.ts";
import { IPV6_HEADER_BYTES } from "#src/wire/ipv6.ts";

const ICMPV6 = ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES;

/**
 * Where fields are in an untagged Ethernet frame: of ARP for IPv4 (RFC 826), of IPv4 without options (RFC 791), of IPv6 without extension
 * headers (RFC 8200), and of the messages in them.
 */
export const FRAME_OFFSETS = {
  etherType: 12,
  arp: {
    operation: ETHERNET_HEADER_BYTES + 6,
    senderIp: ETHERNET_HEADER_BYTES + 14,
    targetIp: ETHERNET_HEADER_BYTES + 24,
  },
  ipv4: {
    version: ETHERNET_HEADER_BYTES,
    flags: ETHERNET_HEADER_BYTES + 6,
    timeToLive: ETHERNET_HEADER_BYTES + 8,
    protocol: ETHERNET_HEADER_BYTES + 9,
    destination: ETHERNET_HEADER_BYTES + 16,
    icmpType: ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES,
  },
  ipv6: {
    nextHeader: ETHERNET_HEADER_BYTES + 6,
    hopLimit: ETHERNET_HEADER_BYTES + 7,
    destination: ETHERNET_HEADER_BYTES + 24,
    icmpType: ICMPV6,
    /** Of a solicitation or an advertisement (RFC 4861). */
    ndpTarget: ICMPV6 + 8,
  },
} as const;

/** All that a frame of ARP for IPv4 has: padding behind it is not copied, it may hold what its sender had in memory. */
export const ARP_FRAME_BYTES = 42;

/** A solicitation or an advertisement has 86 bytes; with the options of SEND (RFC 3971) some 500. One that is longer is malformed to us. */
export const MAX_NDP_FRAME_BYTES = 1_024;

/**
 * What an Ethernet frame holds without jumbo frames: 1,500 bytes behind its header (RFC 894 section 4). Of a longer one so much is copied,
 * which is malformed to us.
 */
export const ETHERNET_FRAME_BYTES = ETHERNET_HEADER_BYTES + 1_500;

import type { Ip } from "#src/ip/address.ts";
import { encodeEthernet, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { encodeIcmpv6 } from "#src/wire/icmpv6.ts";
import { encodeIpv6, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { NDP_HOP_LIMIT } from "#src/wire/ndp.ts";

/** A message of neighbor discovery, and between whom it goes. */
export interface NdpMessage {
  /** Of ICMPv6. */
  readonly type: number;
  readonly body: Uint8Array;
  readonly source: Ip;
  readonly sourceMac: Uint8Array;
  readonly destination: Ip;
  readonly destinationMac: Uint8Array;
}

/** A whole frame with a message of neighbor discovery. */
export function ndpFrame({ type, body, source, sourceMac, destination, destinationMac }: NdpMessage): Uint8Array {
  const ends = { source, destination };
  const message = encodeIcmpv6({ type, code: 0, body }, ends);
  const payload = encodeIpv6({ ...ends, nextHeader: NEXT_HEADER_ICMPV6, hopLimit: NDP_HOP_LIMIT, payload: message });
  return encodeEthernet({ destination: destinationMac, source: sourceMac, etherType: ETHER_TYPE_IPV6, payload });
}

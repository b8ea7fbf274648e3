import type { Family } from "#src/ip/address.ts";
import { TYPE_ECHO_REQUEST } from "./echo.ts";
import { PROTOCOL_ICMP } from "./ipv4.ts";
import { NEXT_HEADER_ICMPV6 } from "./ipv6.ts";
import {
  COMPARISON,
  compareRegister,
  DESTINATION_FIELD,
  HEADER,
  isIn,
  loadDestinationType,
  loadField,
  loadProtocol,
  packetVerdict,
} from "./nf-expression.ts";

/** RTN_LOCAL: an interface of this machine has the address. In the byte order of the machine, which is little-endian. */
const LOCAL = Uint8Array.of(2, 0, 0, 0);

const PROTOCOL = { ipv4: PROTOCOL_ICMP, ipv6: NEXT_HEADER_ICMPV6 } as const;
const TYPE = { header: HEADER.transport, offset: 0, length: 1 } as const;

/**
 * The rule by which the kernel drops echo requests to the addresses of `set`, unless it answers them itself. As nft writes it:
 *
 *   ip daddr @set icmp type echo-request fib daddr type != local drop
 */
export function pingRule(family: Family, set: string): readonly Uint8Array[] {
  return [
    loadField(DESTINATION_FIELD[family]),
    isIn(set),
    loadProtocol(),
    compareRegister(COMPARISON.equal, Uint8Array.of(PROTOCOL[family])),
    loadField(TYPE),
    compareRegister(COMPARISON.equal, Uint8Array.of(TYPE_ECHO_REQUEST[family])),
    loadDestinationType(),
    compareRegister(COMPARISON.notEqual, LOCAL),
    packetVerdict("drop"),
  ];
}

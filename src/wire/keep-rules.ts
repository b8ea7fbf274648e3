import type { Family } from "#src/ip/address.ts";
import type { PacketField } from "./nf-expression.ts";
import {
  COMPARISON,
  compareRegister,
  DESTINATION_FIELD,
  packetVerdict,
  HEADER,
  isNotIn,
  loadConnectionState,
  loadField,
  loadProtocol,
  mapRegister,
  maskRegister,
  sendCopy,
  storeField,
} from "./nf-expression.ts";

/** Bits of what connection tracking says (`NF_CT_STATE_BIT`): the packet belongs to no connection that is known. */
const UNKNOWN_STATES = Uint8Array.of(0b1001, 0, 0, 0);
const NO_STATE = new Uint8Array(4);
const TCP = Uint8Array.of(6);
/** SYN and ACK in the flags of TCP, and SYN alone: a new connection. */
const SYN_ACK = Uint8Array.of(0b1_0010);
const SYN = Uint8Array.of(0b10);
const TCP_FLAGS: PacketField = { header: HEADER.transport, offset: 13, length: 1 };
/**
 * A packet that two nodes send to each other ends after so many hops, whatever it started with; with fewer left than are needed behind the
 * last of them it is treated as any other packet.
 */
const MOST_HOPS = Uint8Array.of(16);
const LEAST_HOPS = Uint8Array.of(4);

interface HeaderFields {
  /** TTL, or hop limit. */
  readonly hops: PacketField;
  readonly checksumOffset: number | undefined;
  /** The two bytes that hold the hops, so that the checksum can be set right: those kept, and what is set. */
  readonly pair: PacketField;
  readonly kept: Uint8Array;
  readonly set: Uint8Array;
}

const FIELDS: Readonly<Record<Family, HeaderFields>> = {
  ipv4: {
    hops: { header: HEADER.network, offset: 8, length: 1 },
    checksumOffset: 10,
    pair: { header: HEADER.network, offset: 8, length: 2 },
    kept: Uint8Array.of(0, 0xff),
    set: Uint8Array.of(16, 0),
  },
  ipv6: {
    hops: { header: HEADER.network, offset: 7, length: 1 },
    checksumOffset: undefined,
    pair: { header: HEADER.network, offset: 6, length: 2 },
    kept: Uint8Array.of(0xff, 0),
    set: Uint8Array.of(0, 16),
  },
};

/**
 * The rules, one after the other, by which a packet of a TCP connection that this machine does not know goes to the node that had the
 * address before: `map` says which one that is. As nft writes them:
 *
 *   ip daddr != @map accept
 *   meta l4proto != tcp accept
 *   ct state != { invalid, new } accept
 *   tcp flags & (syn | ack) == syn accept
 *   ip ttl > 16 ip ttl set 16
 *   ip ttl > 4 dup to ip daddr map @map drop
 *
 * The copy is not tracked, so that no rule for Services touches it, and it leaves as any packet that this machine sends.
 */
export function keepRules(family: Family, map: string): readonly (readonly Uint8Array[])[] {
  const destination = DESTINATION_FIELD[family];
  const { hops, checksumOffset, pair, kept, set } = FIELDS[family];
  return [
    [loadField(destination), isNotIn(map), packetVerdict("accept")],
    [loadProtocol(), compareRegister(COMPARISON.notEqual, TCP), packetVerdict("accept")],
    [
      loadConnectionState(),
      maskRegister(UNKNOWN_STATES),
      compareRegister(COMPARISON.equal, NO_STATE),
      packetVerdict("accept"),
    ],
    [loadField(TCP_FLAGS), maskRegister(SYN_ACK), compareRegister(COMPARISON.equal, SYN), packetVerdict("accept")],
    [
      loadField(hops),
      compareRegister(COMPARISON.greater, MOST_HOPS),
      loadField(pair),
      maskRegister(kept, set),
      storeField(pair, checksumOffset),
    ],
    [
      loadField(hops),
      compareRegister(COMPARISON.greater, LEAST_HOPS),
      loadField(destination),
      mapRegister(map),
      sendCopy(),
      packetVerdict("drop"),
    ],
  ];
}

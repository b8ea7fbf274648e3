import type { Family } from "#src/ip/address.ts";
import { encodeAttribute, encodeNested, encodeText, encodeU32 } from "./encode-attribute.ts";

// The expressions of a rule of nftables (linux/netfilter/nf_tables.h): each is a name and attributes. All use one register.

const REGISTER = 1;
const LIST_ELEMENT = 1;
const EXPRESSION = { name: 1, data: 2 } as const;
const DATA_VALUE = 1;
const DATA_VERDICT = 2;
const VERDICT_CODE = 1;

/** Where the offset of a field counts from. */
export const HEADER = { network: 1, transport: 2 } as const;
/** How a register is compared. */
export const COMPARISON = { equal: 0, notEqual: 1, greater: 4 } as const;
const VERDICTS = { drop: 0, accept: 1 } as const;
const VERDICT_REGISTER = 0;

function expression(name: string, ...attributes: readonly Uint8Array[]): Uint8Array {
  return encodeNested(LIST_ELEMENT, encodeText(EXPRESSION.name, name), encodeNested(EXPRESSION.data, ...attributes));
}

/** Some bytes of a packet. */
export interface PacketField {
  /** One of `HEADER`. */
  readonly header: number;
  readonly offset: number;
  readonly length: number;
}

/** Puts bytes of the packet into the register. Ends the rule where the packet is too short. */
export function loadField({ header, offset, length }: PacketField): Uint8Array {
  return expression(
    "payload",
    encodeU32(1, REGISTER),
    encodeU32(2, header),
    encodeU32(3, offset),
    encodeU32(4, length),
  );
}

/** Writes the register into the packet. `checksumOffset`: of the internet checksum in the same header that covers it. */
export function storeField({ header, offset, length }: PacketField, checksumOffset: number | undefined): Uint8Array {
  const checksum = checksumOffset === undefined ? [] : [encodeU32(6, 1), encodeU32(7, checksumOffset)];
  return expression(
    "payload",
    encodeU32(5, REGISTER),
    encodeU32(2, header),
    encodeU32(3, offset),
    encodeU32(4, length),
    ...checksum,
  );
}

/** Puts the number of the transport protocol into the register, one byte. */
export function loadProtocol(): Uint8Array {
  const l4Protocol = 16;
  return expression("meta", encodeU32(1, REGISTER), encodeU32(2, l4Protocol));
}

/** Where the destination of a packet stands. */
export const DESTINATION_FIELD: Readonly<Record<Family, PacketField>> = {
  ipv4: { header: HEADER.network, offset: 16, length: 4 },
  ipv6: { header: HEADER.network, offset: 24, length: 16 },
};

/** Puts what the kernel's routes say of the packet's destination into the register (RTN_* of rtnetlink(7)): 4 bytes in the machine's own order. */
export function loadDestinationType(): Uint8Array {
  const addressType = 3;
  const ofDestination = 2;
  return expression("fib", encodeU32(1, REGISTER), encodeU32(2, addressType), encodeU32(3, ofDestination));
}

/** Puts what connection tracking says of the packet into the register: 4 bytes in the machine's own order. */
export function loadConnectionState(): Uint8Array {
  const state = 0;
  return expression("ct", encodeU32(1, REGISTER), encodeU32(2, state));
}

/** Keeps these bits of the register, and sets those. */
export function maskRegister(mask: Uint8Array, set: Uint8Array = new Uint8Array(mask.length)): Uint8Array {
  return expression(
    "bitwise",
    encodeU32(1, REGISTER),
    encodeU32(2, REGISTER),
    encodeU32(3, mask.length),
    encodeNested(4, encodeAttribute(DATA_VALUE, mask)),
    encodeNested(5, encodeAttribute(DATA_VALUE, set)),
  );
}

/** Ends the rule where the register is not so. `comparison`: one of `COMPARISON`. */
export function compareRegister(comparison: number, value: Uint8Array): Uint8Array {
  return expression(
    "cmp",
    encodeU32(1, REGISTER),
    encodeU32(2, comparison),
    encodeNested(3, encodeAttribute(DATA_VALUE, value)),
  );
}

/** Ends the rule where the register is not in the set. */
export function isIn(set: string): Uint8Array {
  return expression("lookup", encodeText(1, set), encodeU32(2, REGISTER));
}

/** Ends the rule where the register is in the set. */
export function isNotIn(set: string): Uint8Array {
  const inverted = 1;
  return expression("lookup", encodeText(1, set), encodeU32(2, REGISTER), encodeU32(5, inverted));
}

/** Puts what a map has for the register in its place. Ends the rule where it has nothing. */
export function mapRegister(map: string): Uint8Array {
  return expression("lookup", encodeText(1, map), encodeU32(2, REGISTER), encodeU32(3, REGISTER));
}

/** Sends a copy of the packet, as it is, by the host whose address is in the register. */
export function sendCopy(): Uint8Array {
  return expression("dup", encodeU32(1, REGISTER));
}

/** Decides on the packet. */
export function packetVerdict(verdict: keyof typeof VERDICTS): Uint8Array {
  const code = encodeU32(VERDICT_CODE, VERDICTS[verdict]);
  return expression("immediate", encodeU32(1, VERDICT_REGISTER), encodeNested(2, encodeNested(DATA_VERDICT, code)));
}

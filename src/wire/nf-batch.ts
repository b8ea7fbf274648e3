import type { Family, Ip } from "#src/ip/address.ts";
import { bitsOf, ipToBytes } from "#src/ip/address.ts";
import { encodeNetlinkMessage, NLM_F_REQUEST } from "./netlink.ts";
import { encodeAttribute, encodeNested, encodeText, encodeU32, encodeU64, joinBytes } from "./encode-attribute.ts";

// Messages that change nftables (linux/netfilter/nf_tables.h, nfnetlink.h). Those of one batch are done all or not at all.

const SUBSYSTEM = 10;
const BATCH_BEGIN = 16;
const BATCH_END = 17;
const MESSAGE = {
  newTable: 0,
  delTable: 2,
  newChain: 3,
  newRule: 6,
  delRule: 8,
  newSet: 9,
  newElement: 12,
  delElement: 14,
};
const NLM_F_ACK = 0x4;
const NLM_F_CREATE = 0x400;
const NLM_F_APPEND = 0x800;
/** Numbers of address families (NFPROTO_*). */
const PROTOCOL_FAMILY: Readonly<Record<Family, number>> = { ipv4: 2, ipv6: 10 };
/** The types of keys and values by which `nft list` shows them: ipv4_addr, ipv6_addr. */
const DATA_TYPE: Readonly<Record<Family, number>> = { ipv4: 7, ipv6: 8 };
const TABLE_IS_OWNED = 0x2;
const SET_IS_MAP = 0x8;
const SET_HAS_TIMEOUTS = 0x10;
const LIST_ELEMENT = 1;
const DATA_VALUE = 1;

/** One message of a batch, without its sequence number. */
export interface NfMessage {
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** A map from addresses to addresses, which forgets each entry after a time; or a set of addresses. */
export interface AddressMap {
  readonly family: Family;
  readonly table: string;
  readonly name: string;
}

/** A chain that sees each packet that arrives. */
export interface ArrivalChain {
  readonly family: Family;
  readonly table: string;
  readonly name: string;
  /** Chains of lower priority see it first: connection tracking is at -200, destination NAT at -100. */
  readonly priority: number;
}

/** The bytes of a batch. The kernel answers each message with an error number, by its sequence number: `first` and so on. */
export function encodeNfBatch(messages: readonly NfMessage[], first: number): Uint8Array {
  const bound = (type: number): Uint8Array =>
    encodeNetlinkMessage({ type, flags: NLM_F_REQUEST, sequence: first, portId: 0, payload: header(0, SUBSYSTEM) });
  const inside = messages.map(({ type, flags, payload }, index) =>
    encodeNetlinkMessage({
      type: (SUBSYSTEM << 8) | type,
      flags: NLM_F_REQUEST | NLM_F_ACK | flags,
      sequence: first + index,
      portId: 0,
      payload,
    }),
  );
  return joinBytes([bound(BATCH_BEGIN), ...inside, bound(BATCH_END)]);
}

/** Makes a table, if there is none of the name. */
export function addTable(family: Family, table: string): NfMessage {
  return message(MESSAGE.newTable, family, NLM_F_CREATE, encodeText(1, table));
}

/** Makes a table that goes with all that is in it when the socket is closed that it was made by (Linux 5.12). It is an error where another socket has one of the name. */
export function addOwnedTable(family: Family, table: string): NfMessage {
  return message(MESSAGE.newTable, family, NLM_F_CREATE, encodeText(1, table), encodeU32(2, TABLE_IS_OWNED));
}

/** Removes a table with all that is in it. It is an error where there is none. */
export function deleteTable(family: Family, table: string): NfMessage {
  return message(MESSAGE.delTable, family, 0, encodeText(1, table));
}

/** Makes a map for at most `size` entries, if there is none of the name. */
export function addAddressMap(map: AddressMap, size: number): NfMessage {
  return addAddresses(map, size, { isMap: true });
}

/** Makes a set for at most `size` addresses, if there is none of the name. */
export function addAddressSet(set: AddressMap, size: number): NfMessage {
  return addAddresses(set, size, { isMap: false });
}

function addAddresses(
  { family, table, name }: AddressMap,
  size: number,
  { isMap }: { readonly isMap: boolean },
): NfMessage {
  const length = bitsOf(family) / 8;
  const values = [encodeU32(6, DATA_TYPE[family]), encodeU32(7, length)];
  return message(
    MESSAGE.newSet,
    family,
    NLM_F_CREATE,
    encodeText(1, table),
    encodeText(2, name),
    encodeU32(3, isMap ? SET_IS_MAP | SET_HAS_TIMEOUTS : 0),
    encodeU32(4, DATA_TYPE[family]),
    encodeU32(5, length),
    ...(isMap ? values : []),
    encodeNested(9, encodeU32(1, size)),
    encodeU32(10, 1),
  );
}

/** Makes a chain, if there is none of the name, and takes all rules out of it. */
export function addEmptyChain({ family, table, name, priority }: ArrivalChain): readonly NfMessage[] {
  const prerouting = 0;
  return [
    message(
      MESSAGE.newChain,
      family,
      NLM_F_CREATE,
      encodeText(1, table),
      encodeText(3, name),
      encodeNested(4, encodeU32(1, prerouting), encodeU32(2, priority)),
      encodeText(7, "filter"),
    ),
    message(MESSAGE.delRule, family, 0, encodeText(1, table), encodeText(2, name)),
  ];
}

/** Adds a rule behind those that there are. */
export function appendRule({ family, table, name }: ArrivalChain, expressions: readonly Uint8Array[]): NfMessage {
  const body = [encodeText(1, table), encodeText(2, name), encodeNested(4, ...expressions)];
  return message(MESSAGE.newRule, family, NLM_F_CREATE | NLM_F_APPEND, ...body);
}

/** Adds an entry. It is an error where the map has another one for the key. */
export function addMapEntry(
  map: AddressMap,
  { key, value, timeoutMs }: { readonly key: Ip; readonly value: Ip; readonly timeoutMs: number },
): NfMessage {
  const data = encodeNested(2, encodeAttribute(DATA_VALUE, ipToBytes(value)));
  return element(MESSAGE.newElement, NLM_F_CREATE, map, [keyOf(key), data, encodeU64(4, timeoutMs)]);
}

/** Adds an address to a set. */
export function addSetEntry(set: AddressMap, ip: Ip): NfMessage {
  return element(MESSAGE.newElement, NLM_F_CREATE, set, [keyOf(ip)]);
}

/** Removes an entry of a map, or an address of a set. It is an error where there is none. */
export function deleteMapEntry(map: AddressMap, key: Ip): NfMessage {
  return element(MESSAGE.delElement, 0, map, [keyOf(key)]);
}

function keyOf(key: Ip): Uint8Array {
  return encodeNested(1, encodeAttribute(DATA_VALUE, ipToBytes(key)));
}

function element(
  type: number,
  flags: number,
  { family, table, name }: AddressMap,
  attributes: readonly Uint8Array[],
): NfMessage {
  const elements = encodeNested(3, encodeNested(LIST_ELEMENT, ...attributes));
  return message(type, family, flags, encodeText(1, table), encodeText(2, name), elements);
}

function message(type: number, family: Family, flags: number, ...attributes: readonly Uint8Array[]): NfMessage {
  return { type, flags, payload: joinBytes([header(PROTOCOL_FAMILY[family], 0), ...attributes]) };
}

/** struct nfgenmsg: family, version 0, resource. */
function header(family: number, resource: number): Uint8Array {
  return Uint8Array.of(family, 0, resource >> 8, resource & 0xff);
}

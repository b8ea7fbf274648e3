import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { type Fields, isRecord, listOf, textOf, textsOf } from "./record.ts";

/** What a speaker publishes of itself for the other members. It changes rarely: each member reads those of all. */
export interface MemberRecord {
  readonly node: string;
  /** Where its heartbeats are heard, the first one best; at least one. */
  readonly addresses: readonly Ip[];
  /** Fingerprints of its heartbeat keys: the first one signs, any is accepted. */
  readonly keys: readonly string[];
  /** There was a Node object of its name when it was written: with that it goes. */
  readonly hasNode: boolean;
  /** Next hops of the node's default routes, of both families. */
  readonly gateways: readonly Ip[];
  /** Those that it announces on. */
  readonly interfaces: readonly MemberInterface[];
  /** All addresses of its machine, each once, those of interfaces that it does not announce on included. */
  readonly machineAddresses: readonly MachineAddress[];
}

/** A `MachineAddress` as text: `192.0.2.11/24`. */
export interface PrintedMachineAddress {
  readonly address: string;
  readonly interface: string;
}

/** An address that a machine has, and where. */
export interface MachineAddress {
  readonly ip: Ip;
  /** Of the network that the interface has it with. */
  readonly prefixLength: number;
  readonly interfaceName: string;
}

/** An interface that a member announces on. */
interface MemberInterface {
  readonly name: string;
  readonly mac: string;
  /** CIDRs. */
  readonly subnets: readonly string[];
  /** The interface's own addresses, without link-local ones. */
  readonly addresses: readonly Ip[];
}

/**
 * A list of a record holds at most so many; more are not read, because what others wrote is bounded here. With so many
 * addresses of 85 bytes a record is 44 KB; an annotation, which it is published as, has room for 256 KiB. A speaker that
 * has more publishes the first ones and reports it (`MEMBER_RECORD_TOO_LONG`).
 */
export const MAX_RECORD_ENTRIES = 512;

/** Reads a member record; undefined where it names no node, or no address. What else cannot be read is left out. */
export function readMemberRecord(value: Fields): MemberRecord | undefined {
  const node = textOf(value["node"]);
  const addresses = ips(value["addresses"]);
  if (node === "" || addresses.length === 0) return undefined;
  const interfaces = entries(value["interfaces"])
    .filter(isRecord)
    .map((one) => ({
      name: textOf(one["name"]),
      mac: textOf(one["mac"]),
      subnets: texts(one["subnets"]),
      addresses: ips(one["addresses"]),
    }));
  const gateways = ips(value["gateways"]);
  const machineAddresses = entries(value["machineAddresses"]).filter(isRecord).flatMap(readMachineAddress);
  const keys = texts(value["keys"]);
  return { node, addresses, keys, hasNode: value["hasNode"] === true, gateways, interfaces, machineAddresses };
}

/**
 * Reads what members published, by the names of the records. A record counts for its own node only, and no longer than
 * the Node that was there when it was written: a machine that left has no say about addresses.
 */
export function readMemberRecords(
  published: ReadonlyMap<string, Fields>,
  isNode: (name: string) => boolean,
): readonly MemberRecord[] {
  return [...published].sort(byName).flatMap(([name, value]) => {
    const record = readMemberRecord(value);
    if (record === undefined || name !== memberRecordName(record.node)) return [];
    return record.hasNode && !isNode(record.node) ? [] : [record];
  });
}

/** As it is published: JSON. */
export function printMemberRecord(record: MemberRecord): Fields {
  const { addresses, gateways, interfaces, machineAddresses, ...rest } = record;
  return {
    ...rest,
    addresses: addresses.map(printIp),
    gateways: gateways.map(printIp),
    interfaces: interfaces.map((one) => ({ ...one, addresses: one.addresses.map(printIp) })),
    machineAddresses: machineAddresses.map(printMachineAddress),
  };
}

/** The name it is published under: one of a node. */
export function memberRecordName(node: string): string {
  return `member-${node}`;
}

/** As it is published. */
export function printMachineAddress({ ip, prefixLength, interfaceName }: MachineAddress): PrintedMachineAddress {
  return { address: `${printIp(ip)}/${prefixLength}`, interface: interfaceName };
}

/** Reads what `printMachineAddress` printed; none where it is something else. */
export function readMachineAddress(value: {
  readonly [_ in keyof PrintedMachineAddress]?: unknown;
}): readonly MachineAddress[] {
  const [text = "", length = "", ...more] = textOf(value["address"]).split("/");
  const ip = parseIp(text);
  if (ip === undefined || !/^\d{1,3}$/.test(length) || more.length > 0) return [];
  return [{ ip, prefixLength: Number(length), interfaceName: textOf(value["interface"]) }];
}

function byName([left]: readonly [string, Fields], [right]: readonly [string, Fields]): number {
  return left < right ? -1 : 1;
}

function ips(value: unknown): readonly Ip[] {
  return texts(value).flatMap((text) => parseIp(text) ?? []);
}

function texts(value: unknown): readonly string[] {
  return textsOf(entries(value));
}

function entries(value: unknown): readonly unknown[] {
  return listOf(value).slice(0, MAX_RECORD_ENTRIES);
}

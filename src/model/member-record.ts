import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { type Fields, isRecord, listOf, textOf, textsOf } from "./record.ts";

/** What a speaker publishes of itself for the other members. It changes rarely: each member reads those of all. */
export interface MemberRecord {
  readonly node: string;
  /** Where its heartbeats are heard, the first one best; at least one. */
  readonly addresses: readonly Ip[];
  /** Fingerprints of its heartbeat keys: the first signs, all are accepted. */
  readonly keys: readonly string[];
  /** There was a Node object of its name when it was written: with that it goes. */
  readonly hasNode: boolean;
  /** Next hops of the node's default routes, of both families. */
  readonly gateways: readonly Ip[];
  readonly interfaces: readonly MemberInterface[];
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

/** More are not read: what others wrote is bounded here. */
const MAX_ENTRIES = 64;

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
  return { node, addresses, keys: texts(value["keys"]), hasNode: value["hasNode"] === true, gateways, interfaces };
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
export function printMemberRecord({ addresses, gateways, interfaces, ...rest }: MemberRecord): Fields {
  return {
    ...rest,
    addresses: addresses.map(printIp),
    gateways: gateways.map(printIp),
    interfaces: interfaces.map((one) => ({ ...one, addresses: one.addresses.map(printIp) })),
  };
}

/** The name it is published under: one of a node. */
export function memberRecordName(node: string): string {
  return `member-${node}`;
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
  return listOf(value).slice(0, MAX_ENTRIES);
}

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
  readonly interfaces: readonly MemberInterface[];
}

interface MemberInterface {
  readonly name: string;
  readonly mac: string;
  /** CIDRs. */
  readonly subnets: readonly string[];
}

/** More are not read: what others wrote is bounded here. */
const MAX_ENTRIES = 64;

/** Reads a member record; undefined where it names no node, or no address. What else cannot be read is left out. */
export function readMemberRecord(value: Fields): MemberRecord | undefined {
  const node = textOf(value["node"]);
  const addresses = texts(value["addresses"]).flatMap((address) => parseIp(address) ?? []);
  if (node === "" || addresses.length === 0) return undefined;
  const interfaces = entries(value["interfaces"])
    .filter(isRecord)
    .map((one) => ({ name: textOf(one["name"]), mac: textOf(one["mac"]), subnets: texts(one["subnets"]) }));
  return { node, addresses, keys: texts(value["keys"]), hasNode: value["hasNode"] === true, interfaces };
}

/** As it is published: JSON. */
export function printMemberRecord({ addresses, ...rest }: MemberRecord): Fields {
  return { ...rest, addresses: addresses.map(printIp) };
}

/** The name it is published under: one of a node. */
export function memberRecordName(node: string): string {
  return `member-${node}`;
}

function texts(value: unknown): readonly string[] {
  return textsOf(entries(value));
}

function entries(value: unknown): readonly unknown[] {
  return listOf(value).slice(0, MAX_ENTRIES);
}

import {
  type PrintedMachineAddress,
  MAX_RECORD_ENTRIES,
  type MemberRecord,
  memberRecordName,
  printMemberRecord,
  readMachineAddress,
} from "#src/model/member-record.ts";
import type { Node } from "#src/model/node.ts";
import { type Ip, parseIp } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Source } from "#src/source/source.ts";
import { keyFingerprint } from "./heartbeat-keys.ts";
import type { InterfaceState } from "./messages.ts";

/** What a speaker's member record is made of. */
export interface Self {
  readonly node: string;
  readonly keys: readonly Uint8Array[];
  readonly interfaces: readonly InterfaceState[];
  /** Next hops of default routes, as text. */
  readonly gateways: readonly string[];
  readonly machineAddresses: readonly PrintedMachineAddress[];
  /** The Node object of its name. */
  readonly nodeObject: Node | undefined;
}

/**
 * The member record of this speaker; undefined while it has no address to be heard at. The addresses are those of its
 * Node object, else those of its interfaces.
 */
export function ownMemberRecord(self: Self): MemberRecord | undefined {
  const { node, keys, interfaces, gateways, machineAddresses, nodeObject } = self;
  const declared = nodeObject?.internalAddresses ?? [];
  const own = interfaces.flatMap(({ addresses }) => ipsOf(addresses));
  const addresses = declared.length > 0 ? declared : own;
  if (addresses.length === 0) return undefined;
  return {
    node,
    addresses: atMost(addresses),
    keys: keys.map(keyFingerprint),
    hasNode: nodeObject !== undefined,
    gateways: atMost(ipsOf(gateways)),
    interfaces: atMost(interfaces).map(({ addresses: texts, subnets, ...rest }) => {
      return { ...rest, subnets: atMost(subnets), addresses: atMost(ipsOf(texts)) };
    }),
    machineAddresses: atMost(machineAddresses).flatMap(readMachineAddress),
  };
}

/** The Problem of a record that has no room for all of a list. */
export function memberRecordProblems({ node, machineAddresses, interfaces, gateways }: Self): readonly Problem[] {
  const counts = [
    { count: machineAddresses.length, what: "addresses" },
    { count: interfaces.length, what: "interfaces" },
    { count: gateways.length, what: "default gateways" },
    { count: Math.max(0, ...interfaces.map(({ subnets }) => subnets.length)), what: "networks on one interface" },
  ];
  return counts.flatMap(({ count, what }) => {
    if (count <= MAX_RECORD_ENTRIES) return [];
    return {
      code: "MEMBER_RECORD_TOO_LONG",
      at: { kind: "speaker", nodes: [node] },
      what: `The other speakers know ${MAX_RECORD_ENTRIES} of the ${count} ${what} of this node`,
      why: `a member record has room for ${MAX_RECORD_ENTRIES}, and another node may announce an address that is left out`,
      fix: "Keep the addresses of this node out of the pools and out of the statuses of Services, or give it fewer",
      severity: "warning",
    };
  });
}

function atMost<T>(list: readonly T[]): readonly T[] {
  return list.slice(0, MAX_RECORD_ENTRIES);
}

function ipsOf(texts: readonly string[]): readonly Ip[] {
  return texts.flatMap((text) => parseIp(text) ?? []);
}

/** Keeps a speaker's member record published: written again whenever it changed, or is gone. */
export class MemberRecordPublisher {
  readonly #source: Source;
  #written = "";

  constructor(source: Source) {
    this.#source = source;
  }

  async publish(record: MemberRecord): Promise<void> {
    const { node } = record;
    const name = memberRecordName(node);
    const value = printMemberRecord(record);
    const text = JSON.stringify(value);
    if (text === this.#written && this.#source.reports("member").has(name)) return;
    const goesWith = { kind: "Node", namespace: "", name: node } as const;
    await this.#source.report(name, value, { topic: "member", goesWith });
    this.#written = text;
  }
}

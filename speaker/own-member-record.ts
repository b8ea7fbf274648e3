import { type MemberRecord, memberRecordName, printMemberRecord } from "#src/model/member-record.ts";
import type { Node } from "#src/model/node.ts";
import { type Ip, parseIp } from "#src/ip/address.ts";
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
  /** The Node object of its name. */
  readonly nodeObject: Node | undefined;
}

/**
 * The member record of this speaker; undefined while it has no address to be heard at. The addresses are those of its
 * Node object, else those of its interfaces.
 */
export function ownMemberRecord({ node, keys, interfaces, gateways, nodeObject }: Self): MemberRecord | undefined {
  const declared = nodeObject?.internalAddresses ?? [];
  const own = interfaces.flatMap(({ addresses }) => ipsOf(addresses));
  const addresses = declared.length > 0 ? declared : own;
  if (addresses.length === 0) return undefined;
  return {
    node,
    addresses,
    keys: keys.map(keyFingerprint),
    hasNode: nodeObject !== undefined,
    gateways: ipsOf(gateways),
    interfaces: interfaces.map(({ addresses: texts, ...rest }) => ({ ...rest, addresses: ipsOf(texts) })),
  };
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

import { type Enrolment, enrolmentName, printEnrolment } from "#src/model/enrolment.ts";
import type { Node } from "#src/model/node.ts";
import type { Problem } from "#src/model/problem.ts";
import { parseIp } from "#src/ip/address.ts";
import type { Source } from "#src/source/source.ts";
import { keyFingerprint } from "#speaker/heartbeat-keys.ts";
import type { InterfaceState } from "#speaker/messages.ts";

/** What a speaker's enrolment is made of. */
export interface Self {
  readonly node: string;
  readonly keys: readonly Uint8Array[];
  readonly interfaces: readonly InterfaceState[];
  /** The Node object of its name. */
  readonly nodeObject: Node | undefined;
}

/**
 * What this speaker tells its peers of itself; undefined while it has no address to be heard at. The addresses are those
 * of its Node object, else those of its interfaces.
 */
export function enrolmentOf({ node, keys, interfaces, nodeObject }: Self): Enrolment | undefined {
  const declared = nodeObject?.internalAddresses ?? [];
  const own = interfaces.flatMap(({ addresses }) => addresses).flatMap((text) => parseIp(text) ?? []);
  const addresses = declared.length > 0 ? declared : own;
  if (addresses.length === 0) return undefined;
  return {
    node,
    addresses,
    keys: keys.map(keyFingerprint),
    hasNode: nodeObject !== undefined,
    interfaces: interfaces.map(({ name, mac, subnets }) => ({ name, mac, subnets })),
  };
}

/** Keeps a speaker's enrolment published: written anew whenever it is another one, or gone. */
export class Enroller {
  readonly #source: Source;
  #written = "";

  constructor(source: Source) {
    this.#source = source;
  }

  async publish(enrolment: Enrolment): Promise<void> {
    const { node } = enrolment;
    const name = enrolmentName(node);
    const value = printEnrolment(enrolment);
    const text = JSON.stringify(value);
    if (text === this.#written && this.#source.reports("member").has(name)) return;
    const goesWith = { kind: "Node", namespace: "", name: node } as const;
    await this.#source.report(name, value, { topic: "member", goesWith });
    this.#written = text;
  }
}

/** A Problem for each peer whose heartbeats this speaker cannot read, or that cannot read this one's. */
export function keyProblems(own: Enrolment, peers: readonly Enrolment[]): readonly Problem[] {
  const accepts = (one: Enrolment, other: Enrolment): boolean => {
    const [signing] = other.keys;
    return signing === undefined || one.keys.includes(signing);
  };
  return peers
    .filter((peer) => !accepts(own, peer) || !accepts(peer, own))
    .map(({ node, keys }) => ({
      code: "HEARTBEAT_KEY_DIFFERS",
      where: `speakers ${own.node} and ${node}`,
      what: `Cannot hear each other's heartbeats`,
      why: `${own.node} has the keys ${own.keys.join(", ")}, ${node} has ${keys.join(", ")} (fingerprints)`,
      fix: `Write the same keys to ${own.node} and ${node}; both read them again by themselves`,
      severity: "error",
    }));
}

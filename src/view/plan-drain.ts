import { type IneligibleReason, whyReserved, whyUnable } from "#src/election/member.ts";
import { nodeCauseOf } from "#src/election/node-cause.ts";
import { type ElectionSnapshot, planAnnouncements } from "#src/election/plan.ts";
import { nearest } from "#src/model/nearest.ts";
import { electionSeen, withStanding } from "./election-seen.ts";
import { readInstallation } from "./seen-installation.ts";
import type { StatusInput } from "./status-input.ts";

/** An address of a node that is drained. */
export interface DrainedAddress {
  /** Canonical text. */
  readonly address: string;
  /** Keys of the Services that have it. */
  readonly services: readonly string[];
  /** The node that takes it over; undefined where none can. */
  readonly to: string | undefined;
  /** Why it stays; empty where it does not. */
  readonly why: string;
}

/** What becomes of the addresses of a node that is drained; or why that is not known. */
export type DrainPlan =
  | {
      readonly ok: true;
      readonly addresses: readonly DrainedAddress[];
      /** Its Node asks for it now. */
      readonly isDraining: boolean;
      /** The speakers say that they know. */
      readonly isHeard: boolean;
    }
  | { readonly ok: false; readonly why: string };

/** Foretells by the rules of the election who takes over the addresses that a node announces now. It changes nothing. */
export function planDrain(input: StatusInput, node: string): DrainPlan {
  const seen = readInstallation(input);
  const { nodes, speakers } = seen;
  if (nodes === undefined) return { ok: false, why: "the Nodes may not be read" };
  if (nodes.length === 0)
    return { ok: false, why: "there is no Node: in a folder of manifests, write one for each machine with a speaker" };
  const object = nodes.find(({ name }) => name === node);
  if (object === undefined) {
    const guess = nearest(
      node,
      nodes.map(({ name }) => name),
    );
    return { ok: false, why: `there is no Node "${node}"${guess === undefined ? "" : `. Did you mean ${guess}?`}` };
  }
  const election = electionSeen(seen, input);
  if (election === undefined)
    return { ok: false, why: "the speakers' reports, or what they decide from, may not be read" };
  const snapshot = withStanding(election.snapshot, node, "NodeDraining");
  const announced = [...(snapshot.members.find((member) => member.node === node)?.claims.keys() ?? [])].sort();
  const plan = planAnnouncements(snapshot, { self: node, nowMs: input.nowMs, keys: announced });
  const addresses = announced.map((address): DrainedAddress => {
    const owner = plan.get(address)?.owner;
    const services = election.servicesOf.get(address) ?? [];
    return owner === undefined || owner === node
      ? { address, services, to: undefined, why: whyStays(snapshot, address, node) }
      : { address, services, to: owner, why: "" };
  });
  const isHeard = speakers.live.find((report) => report.node === node)?.standing === "NodeDraining";
  return { ok: true, addresses, isDraining: object.draining, isHeard };
}

function whyStays(snapshot: ElectionSnapshot, key: string, node: string): string {
  const { members, nodes, knownMembers } = snapshot;
  const wanted = snapshot.wanted.get(key);
  if (wanted === undefined) return "no Service of Hawser has it any longer";
  if (members.length * 2 <= knownMembers)
    return `only ${members.length} of ${knownMembers} speakers live: without a majority nothing moves`;
  const others = members.filter((member) => member.node !== node);
  if (others.length === 0) return "no other speaker lives";
  const counts = new Map<IneligibleReason, number>();
  for (const member of others) {
    const reason = whyUnable(member, wanted, nodes) ?? whyReserved(member, wanted, nodes);
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const causes = [...counts].map(([reason, count]) => {
    const why = nodeCauseOf(reason)?.why ?? reason;
    return `${count} ${count === 1 ? "node" : "nodes"} ${why}`;
  });
  return `no other node can announce it: ${causes.join(", ")}`;
}

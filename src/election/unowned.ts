import type { Ip } from "#src/ip/address.ts";
import { type IneligibleReason, type Member, type NodeStandings, type WantedAddress, whyUnable } from "./member.ts";
import type { AnnouncementPlan } from "./plan.ts";

/** Addresses that no live member can serve for the same reasons. */
export interface UnownedGroup {
  readonly addresses: readonly Ip[];
  /** Why not, and how many members each reason keeps from it. */
  readonly reasons: Readonly<Partial<Record<IneligibleReason, number>>>;
}

export interface UnownedView {
  readonly wanted: ReadonlyMap<string, WantedAddress>;
  readonly plan: AnnouncementPlan;
  /** The live members, this speaker included. */
  readonly members: readonly Member[];
  readonly nodes: NodeStandings;
}

/** The addresses of the plan that have no owner, by their true reasons; the largest group first. */
export function unownedGroups({ wanted, plan, members, nodes }: UnownedView): readonly UnownedGroup[] {
  const groups = new Map<string, { addresses: Ip[]; reasons: UnownedGroup["reasons"] }>();
  for (const [key, { owner }] of plan) {
    const one = owner === undefined ? wanted.get(key) : undefined;
    if (one === undefined) continue;
    const reasons: Partial<Record<IneligibleReason, number>> = {};
    for (const member of members) {
      const reason = whyUnable(member, one, nodes);
      if (reason !== undefined) reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    const text = JSON.stringify(Object.entries(reasons).toSorted(([left], [right]) => (left < right ? -1 : 1)));
    const group = groups.get(text);
    if (group === undefined) groups.set(text, { addresses: [one.ip], reasons });
    else group.addresses.push(one.ip);
  }
  return [...groups.values()].toSorted((left, right) => right.addresses.length - left.addresses.length);
}

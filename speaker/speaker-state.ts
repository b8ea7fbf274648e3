import {
  type IneligibleReason,
  type Member,
  type NodeStandings,
  standingOf,
  type WantedAddress,
  whyReserved,
  whyUnable,
} from "#src/election/member.ts";
import type { AnnouncementPlan } from "#src/election/plan.ts";
import { type UnownedGroup, unownedGroups } from "#src/election/unowned.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import { type MachineAddress, printMachineAddress } from "#src/model/member-record.ts";
import { printAddresses } from "#src/model/print-addresses.ts";
import type { Takeover } from "#src/model/takeover.ts";
import type { Problem } from "#src/model/problem.ts";
import { MAX_UNOWNED_GROUPS } from "#src/model/speaker-report.ts";
import type { InterfaceState, SpeakerState, UnownedState } from "./messages.ts";

export interface SpeakerFacts {
  /** This speaker, with its claims. */
  readonly self: Member;
  /** The other live ones. */
  readonly others: readonly Member[];
  readonly wanted: ReadonlyMap<string, WantedAddress>;
  readonly nodes: NodeStandings;
  readonly plan: AnnouncementPlan;
  readonly interfaces: readonly InterfaceState[];
  readonly unheard: readonly string[];
  readonly problems: readonly Problem[];
  /** Whether an address that this speaker claims is not answered for. */
  isSilent(key: string): boolean;
  readonly takeovers: readonly Takeover[];
  /** Next hops of the node's default routes. */
  readonly gateways: readonly Ip[];
  readonly machineAddresses: readonly MachineAddress[];
}

/** What a speaker says of itself. */
export function speakerState({
  self,
  others,
  wanted,
  nodes,
  plan,
  interfaces,
  gateways,
  machineAddresses,
  unheard,
  problems,
  takeovers,
  isSilent,
}: SpeakerFacts): SpeakerState {
  const groups = unownedGroups({ wanted, plan, members: [self, ...others], nodes });
  const ineligible: Partial<Record<IneligibleReason, number>> = {};
  for (const [key, one] of wanted) {
    if (self.claims.has(key)) continue;
    const reason = whyUnable(self, one, nodes) ?? whyReserved(self, one, nodes);
    if (reason !== undefined) ineligible[reason] = (ineligible[reason] ?? 0) + 1;
  }
  const answered = [...self.claims].filter(([key]) => !isSilent(key));
  return {
    ready: self.ready,
    standing: standingOf(self.node, nodes),
    announced: answered.length,
    announcing: printAddresses(answered.map(([, { ip }]) => ip)),
    unownedCount: groups.reduce((sum, { addresses }) => sum + addresses.length, 0),
    unowned: boundedGroups(groups),
    unheard,
    problems,
    takeovers,
    ineligible,
    members: [self, ...others].map(({ node, ready, leaving }) => ({ node, ready, leaving })),
    interfaces,
    gateways: gateways.map(printIp),
    machineAddresses: machineAddresses.map(printMachineAddress),
  };
}

/** The smallest groups are one where they are too many: then each reason counts its most. */
function boundedGroups(groups: readonly UnownedGroup[]): readonly UnownedState[] {
  const kept = groups.length > MAX_UNOWNED_GROUPS ? groups.slice(0, MAX_UNOWNED_GROUPS - 1) : groups;
  const rest = groups.slice(kept.length);
  const reasons: Partial<Record<IneligibleReason, number>> = {};
  for (const group of rest)
    for (const [reason, count] of Object.entries(group.reasons) as [IneligibleReason, number][])
      reasons[reason] = Math.max(reasons[reason] ?? 0, count);
  const last = rest.length === 0 ? [] : [{ addresses: rest.flatMap(({ addresses }) => addresses), reasons }];
  return [...kept, ...last].map((group) => ({ ...group, addresses: printAddresses(group.addresses) }));
}

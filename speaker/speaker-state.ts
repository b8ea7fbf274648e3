import {
  type Ineligibility,
  type Member,
  type NodeStandings,
  standingOf,
  type WantedAddress,
  whyReserved,
  whyUnable,
} from "#src/election/member.ts";
import type { AnnouncementPlan } from "#src/election/plan.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import { printCidr } from "#src/ip/cidr.ts";
import { printAddresses } from "#src/model/print-addresses.ts";
import { printMac } from "#src/wire/mac.ts";
import type { LinkResponder } from "./link-responder.ts";
import type { InterfaceState, SpeakerState } from "./messages.ts";

export interface SpeakerView {
  /** This speaker, with its claims. */
  readonly self: Member;
  /** The other live ones. */
  readonly others: readonly Member[];
  readonly wanted: ReadonlyMap<string, WantedAddress>;
  readonly nodes: NodeStandings;
  readonly plan: AnnouncementPlan;
  readonly links: readonly Pick<LinkResponder, "link" | "subnets">[];
  /** Next hops of the node's default routes. */
  readonly gateways: readonly Ip[];
}

/** What a speaker says of itself. */
export function speakerState({ self, others, wanted, nodes, plan, links, gateways }: SpeakerView): SpeakerState {
  let unowned = 0;
  for (const { owner } of plan.values()) if (owner === undefined) unowned += 1;
  const ineligible: Partial<Record<Ineligibility, number>> = {};
  for (const [key, one] of wanted) {
    if (self.claims.has(key)) continue;
    const reason = whyUnable(self, one, nodes) ?? whyReserved(self, one, nodes);
    if (reason !== undefined) ineligible[reason] = (ineligible[reason] ?? 0) + 1;
  }
  return {
    ready: self.ready,
    standing: standingOf(self.node, nodes),
    announced: self.claims.size,
    announcing: printAddresses([...self.claims.values()].map(({ ip }) => ip)),
    unowned,
    ineligible,
    members: [self, ...others].map(({ node, ready, leaving }) => ({ node, ready, leaving })),
    interfaces: links.map(interfaceState),
    gateways: gateways.map(printIp),
  };
}

function interfaceState({ link, subnets }: SpeakerView["links"][number]): InterfaceState {
  const addresses = link.addresses.filter(({ scope }) => scope === "global");
  return {
    name: link.name,
    mac: printMac(link.mac),
    subnets: subnets.map(printCidr),
    addresses: addresses.map(({ ip }) => printIp(ip)),
  };
}

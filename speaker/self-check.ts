import { isDeepStrictEqual } from "node:util";
import { type NodeStandings, standingOf, type WantedAddress } from "#src/election/member.ts";
import type { Cidr } from "#src/ip/cidr.ts";
import type { ArpSysctls } from "#src/linux/arp-sysctls.ts";
import type { Problem } from "#src/model/problem.ts";
import { localAddressProblems } from "./local-address-problems.ts";
import type { LocalNetwork } from "./local-network.ts";
import type { Membership } from "./membership.ts";
import type { MemberMessage } from "./messages.ts";
import { untoldNetworkProblems } from "./networks-to-tell.ts";
import type { Responders } from "./responders.ts";
import { sharedNetworkProblems } from "./shared-networks.ts";
import { type UnheardMember, unheardProblems } from "./unheard-problems.ts";

export interface SelfCheckOptions {
  readonly node: string;
  readonly heartbeatPort: number;
  readonly membership: Pick<Membership, "unheard">;
  readonly responders: Pick<Responders, "links" | "sharedNetworks">;
  readonly network: Pick<LocalNetwork, "links">;
  arpSysctls(interfaceName: string): ArpSysctls;
}

/** More are not logged; the report and the metrics have all members that are not heard. */
const MAX_PROBLEMS = 64;

/** What a speaker believes at the moment of a check. */
export interface Beliefs {
  /** Those that the cluster names. */
  readonly members: readonly MemberMessage[];
  readonly nodes: NodeStandings;
  readonly wanted: ReadonlyMap<string, WantedAddress>;
  /** Of addresses that other machines announce as well. */
  readonly foreign: readonly Problem[];
  /** Networks that its heartbeats have no room for. */
  readonly untold: readonly Cidr[];
}

/**
 * Compares what a speaker believes with what it sees: members that it does not hear, addresses to announce that its own
 * kernel answers for, interfaces that share a network.
 */
export class SelfCheck {
  readonly #options: SelfCheckOptions;
  #unheard: readonly UnheardMember[] = [];
  #problems: readonly Problem[] = [];

  constructor(options: SelfCheckOptions) {
    this.#options = options;
  }

  /** Nodes of members that are not heard, or do not hear this speaker. */
  get unheard(): readonly string[] {
    return this.#unheard.map(({ member }) => member.node);
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Looks again; true if anything is different. */
  review(beliefs: Beliefs): boolean {
    const kinds = this.#options.membership.unheard();
    const unheard = beliefs.members.flatMap((member) => {
      const kind = kinds.get(member.node);
      return kind === undefined ? [] : [{ member, kind }];
    });
    const problems = this.#find(beliefs, unheard).slice(0, MAX_PROBLEMS);
    if (isDeepStrictEqual([unheard, problems], [this.#unheard, this.#problems])) return false;
    this.#unheard = unheard;
    this.#problems = problems;
    return true;
  }

  #find({ nodes, wanted, untold, foreign }: Beliefs, unheard: readonly UnheardMember[]): readonly Problem[] {
    const { node, network, responders, arpSysctls } = this.#options;
    // Of a node that the cluster calls dead nothing else is to be expected.
    const unexplained = unheard.filter(({ member }) => standingOf(member.node, nodes) !== "NodeNotReady");
    const serving = responders.links().map(({ link }) => link.name);
    return [
      ...foreign,
      ...localAddressProblems({ links: network.links, wanted, serving, arpSysctls }),
      ...untoldNetworkProblems(node, untold),
      ...sharedNetworkProblems(responders.sharedNetworks()),
      ...unheardProblems(this.#options, unexplained),
    ];
  }
}

import { isDeepStrictEqual } from "node:util";
import { type NodeStandings, standingOf } from "#src/election/member.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Membership } from "#src/election/membership.ts";
import type { MemberMessage } from "./messages.ts";
import { mostTrustedFirst } from "./most-trusted-first.ts";
import { type UnheardMember, unheardProblems } from "./unheard-problems.ts";

export interface SelfCheckOptions {
  readonly node: string;
  readonly heartbeatPort: number;
  readonly membership: Pick<Membership, "unheard">;
}

/** More are not logged; the report and the metrics have all members that are not heard. */
const MAX_PROBLEMS = 64;

/** What a speaker believes at the moment of a check. */
export interface Beliefs {
  /** Those that the cluster names. */
  readonly members: readonly MemberMessage[];
  readonly nodes: NodeStandings;
  /** What the announcers found. */
  readonly announcing: readonly Problem[];
}

/** Compares what a speaker believes with what it sees: members that it does not hear, and what its announcers find. */
export class SelfCheck {
  readonly #options: SelfCheckOptions;
  #unheard: readonly UnheardMember[] = [];
  #problems: readonly Problem[] = [];

  constructor(options: SelfCheckOptions) {
    this.#options = options;
  }

  /** Nodes of members that are not heard, not even through another one, or do not hear this speaker. */
  get unheard(): readonly string[] {
    return this.#unheard.filter(({ kind }) => kind !== "relayed").map(({ member }) => member.node);
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
    const problems = mostTrustedFirst(this.#find(beliefs, unheard)).slice(0, MAX_PROBLEMS);
    if (isDeepStrictEqual([unheard, problems], [this.#unheard, this.#problems])) return false;
    this.#unheard = unheard;
    this.#problems = problems;
    return true;
  }

  #find({ nodes, announcing }: Beliefs, unheard: readonly UnheardMember[]): readonly Problem[] {
    // Of a node that the cluster calls dead, or that a person takes out of service, nothing else is to be expected.
    const isExpected = ({ member }: UnheardMember): boolean =>
      ["NodeNotReady", "NodeDraining"].includes(standingOf(member.node, nodes));
    const unexplained = unheard.filter((one) => !isExpected(one));
    return [...announcing, ...unheardProblems(this.#options, unexplained)];
  }
}

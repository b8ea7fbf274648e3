import { spreadMoves } from "#src/election/spread.ts";
import { electionSeen } from "./election-seen.ts";
import { readInstallation } from "./seen-installation.ts";
import type { StatusInput } from "./status-input.ts";

/** An address that goes to another node so that all have as many. */
export interface RebalancedAddress {
  /** Canonical text. */
  readonly address: string;
  /** Keys of the Services that have it. */
  readonly services: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** The moves that spread addresses over the nodes; or why they are not known. */
export type RebalancePlan =
  | {
      readonly ok: true;
      readonly moves: readonly RebalancedAddress[];
      /** The Nodes whose speakers can be asked. */
      readonly nodes: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

/** Foretells by the rules of the speakers which addresses move so that they are spread. It changes nothing. */
export function planRebalance(input: StatusInput): RebalancePlan {
  const seen = readInstallation(input);
  const { nodes } = seen;
  if (nodes === undefined) return { ok: false, why: "the Nodes may not be read" };
  if (nodes.length === 0)
    return { ok: false, why: "there is no Node: in a folder of manifests, write one for each machine with a speaker" };
  const election = electionSeen(seen, input);
  if (election === undefined)
    return { ok: false, why: "the speakers' reports, or what they decide from, may not be read" };
  const { members, knownMembers } = election.snapshot;
  if (members.length * 2 <= knownMembers)
    return {
      ok: false,
      why: `only ${members.length} of ${knownMembers} speakers live: without a majority nothing moves`,
    };
  const names = new Set(nodes.map(({ name }) => name));
  const moves = spreadMoves(election.snapshot).map(({ key, from, to }): RebalancedAddress => {
    return { address: key, services: election.servicesOf.get(key) ?? [], from, to };
  });
  return {
    ok: true,
    moves: moves.toSorted((left, right) => (left.address < right.address ? -1 : 1)),
    nodes: members.map(({ node }) => node).filter((node) => names.has(node)),
  };
}

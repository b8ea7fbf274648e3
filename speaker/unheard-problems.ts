import type { Unheard } from "#src/election/membership.ts";
import type { Problem } from "#src/model/problem.ts";
import type { MemberMessage } from "./messages.ts";

/** A member that the cluster names, and how it is not heard. */
export interface UnheardMember {
  readonly member: MemberMessage;
  readonly kind: Unheard;
}

/** A Problem for each member whose heartbeats get lost, or that does not hear those of this speaker. */
export function unheardProblems(
  self: { readonly node: string; readonly heartbeatPort: number },
  unheard: readonly UnheardMember[],
): readonly Problem[] {
  const { node, heartbeatPort: port } = self;
  return unheard.map(({ member, kind }) => ({
    code: kind === "relayed" ? "HEARTBEATS_RELAYED" : "HEARTBEATS_NOT_HEARD",
    at: { kind: "speaker", nodes: [node, member.node] },
    ...TEXTS[kind]({ node, port, other: member.node, address: member.address }),
    fix: `Allow UDP port ${port} between the nodes in both directions, and look at the log of the speaker on ${member.node}`,
  }));
}

interface Pair {
  readonly node: string;
  readonly port: number;
  readonly other: string;
  readonly address: string;
}

const TEXTS: Readonly<Record<Unheard, (pair: Pair) => Pick<Problem, "what" | "why" | "severity">>> = {
  silent: ({ node, port, other, address }) => ({
    what: `${node} hears no heartbeats of ${other}`,
    why: `UDP port ${port} from ${other} (${address}) to ${node} is blocked, or the speaker of ${other} does not run. Where it runs, both may announce the same addresses`,
    severity: "error",
  }),
  relayed: ({ node, port, other, address }) => ({
    what: `${node} hears the heartbeats of ${other} through another speaker alone`,
    why: `UDP port ${port} from ${other} (${address}) to ${node} is blocked. A speaker that hears both passes them on, so each address has one owner; without that one both would announce the same addresses`,
    severity: "warning",
  }),
  deaf: ({ node, port, other, address }) => ({
    what: `${other} does not hear the heartbeats of ${node}, which hears those of ${other}`,
    why: `UDP port ${port} from ${node} to ${other} (${address}) is blocked. Both may announce the same addresses`,
    severity: "error",
  }),
};

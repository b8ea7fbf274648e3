import type { Problem } from "#src/model/problem.ts";
import type { MemberMessage } from "./messages.ts";

/** A member that the cluster names and that counts as dead: silent, or heard although it does not hear this speaker. */
export interface UnheardMember {
  readonly member: MemberMessage;
  readonly kind: "silent" | "deaf";
}

/**
 * A Problem for each member that may announce the same addresses because heartbeats between it and this speaker get
 * lost. Each of the two takes the other for dead.
 */
export function unheardProblems(
  self: { readonly node: string; readonly heartbeatPort: number },
  unheard: readonly UnheardMember[],
): readonly Problem[] {
  const { node, heartbeatPort: port } = self;
  return unheard.map(({ member, kind }) => ({
    code: "HEARTBEATS_NOT_HEARD",
    at: { kind: "speaker", nodes: [node, member.node] },
    what:
      kind === "silent"
        ? `${node} hears no heartbeats of ${member.node}`
        : `${member.node} does not hear the heartbeats of ${node}, which hears those of ${member.node}`,
    why:
      kind === "silent"
        ? `UDP port ${port} from ${member.node} (${member.address}) to ${node} is blocked, or the speaker of ${member.node} does not run. Where it runs, both may announce the same addresses`
        : `UDP port ${port} from ${node} to ${member.node} (${member.address}) is blocked. Both may announce the same addresses`,
    fix: `Allow UDP port ${port} between the nodes in both directions, and look at the log of the speaker on ${member.node}`,
    severity: "error",
  }));
}

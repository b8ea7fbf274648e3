import type { MemberRecord } from "#src/model/member-record.ts";
import type { Problem } from "#src/model/problem.ts";

/** A Problem for each member whose heartbeats this speaker cannot read, or that cannot read this one's. */
export function keyProblems(own: MemberRecord, others: readonly MemberRecord[]): readonly Problem[] {
  const accepts = (receiver: MemberRecord, sender: MemberRecord): boolean => {
    const [signing] = sender.keys;
    return signing === undefined || receiver.keys.includes(signing);
  };
  return others
    .filter((other) => !accepts(own, other) || !accepts(other, own))
    .map(({ node, keys }) => ({
      code: "HEARTBEAT_KEY_DIFFERS",
      at: { kind: "speaker", nodes: [own.node, node] },
      what: `Cannot hear each other's heartbeats`,
      why: `${own.node} has the keys ${own.keys.join(", ")}, ${node} has ${keys.join(", ")} (fingerprints)`,
      fix: `Write the same keys to ${own.node} and ${node}; both reload them automatically`,
      severity: "error",
    }));
}

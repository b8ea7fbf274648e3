import type { GainCause, TakeoverCause } from "#src/model/takeover.ts";
import { type Member, type NodeStandings, type WantedAddress, whyReserved, whyUnable } from "./member.ts";

/** Conflicts of a partition are settled within a second or so of its end; addresses are not spread before members are settled for longer. */
const ACQUAINTED_MS = 2_500;

/** What is known when an address came to this speaker or left it. */
export interface TakeoverView {
  readonly key: string;
  readonly self: string;
  /** Undefined where no Service has the address any longer. */
  readonly wanted: WantedAddress | undefined;
  /** The live members, this speaker included, with their claims as they were. */
  readonly members: readonly Member[];
  readonly nodes: NodeStandings;
  /** Whether the cluster names a node as a member, live or not. */
  isKnown(node: string): boolean;
  readonly nowMs: number;
  /** This speaker takes it over by a planned move. */
  readonly isMove: boolean;
  /** Whose it was by the plan before, and whose it is by the new one. */
  readonly ownerBefore: string | undefined;
  readonly ownerAfter: string | undefined;
}

/** Why an address changed hands, and the node of the other speaker; empty if there is none. */
export interface TakeoverReason<C extends TakeoverCause = TakeoverCause> {
  readonly cause: C;
  readonly from: string;
}

/** Why this speaker announces an address from now on. */
export function causeOfGain(view: TakeoverView): TakeoverReason<GainCause> {
  const { self, ownerBefore: from, members } = view;
  if (from === undefined) return { cause: "Vacant", from: "" };
  if (from === self) return { cause: "Conflict", from: otherClaimant(view) };
  const before = members.find(({ node }) => node === from);
  if (before === undefined) return { cause: view.isKnown(from) ? "MemberSilent" : "MemberLeft", from };
  if (before.leaving) return { cause: "MemberLeft", from };
  const cause = causeByReason(before, view);
  if (cause !== undefined) return { cause, from };
  if (!before.claims.has(view.key)) return { cause: "Vacant", from };
  return { cause: view.isMove ? "Rebalanced" : "Conflict", from };
}

/** Why this speaker no longer announces an address. */
export function causeOfLoss(view: TakeoverView): TakeoverReason {
  const { self, wanted, members, ownerAfter } = view;
  if (wanted === undefined) return { cause: "NotWanted", from: "" };
  if (wanted.forbidden !== undefined) return { cause: "Forbidden", from: "" };
  const from = ownerAfter === undefined || ownerAfter === self ? otherClaimant(view) : ownerAfter;
  const own = members.find(({ node }) => node === self);
  if (own?.leaving === true) return { cause: "MemberLeft", from };
  const cause = own && causeByReason(own, view);
  if (cause !== undefined) return { cause, from };
  return { cause: isKnownSince(view, from) ? "Rebalanced" : "Conflict", from };
}

/** Whether both have heard each other for so long that another claim is a planned move of the other one. */
function isKnownSince({ members, nowMs }: TakeoverView, node: string): boolean {
  const other = members.find((member) => member.node === node);
  return other !== undefined && nowMs - other.liveSinceMs >= ACQUAINTED_MS;
}

/** Why a live member had to let the address go; undefined if it could have kept it. */
function causeByReason(member: Member, { wanted, nodes }: TakeoverView): GainCause | undefined {
  if (wanted === undefined) return undefined;
  const reason = whyUnable(member, wanted, nodes) ?? whyReserved(member, wanted, nodes);
  if (reason === undefined) return undefined;
  if (reason === "NodeDraining") return "NodeDrained";
  return reason === "NoEndpoint" || reason === "EndpointTerminating" ? "EndpointsMoved" : "MemberUnable";
}

function otherClaimant({ key, self, members }: TakeoverView): string {
  return members.find(({ node, claims }) => node !== self && claims.has(key))?.node ?? "";
}

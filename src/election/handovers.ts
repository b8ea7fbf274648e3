import type { ElectionSnapshot, AnnouncementPlan } from "./plan.ts";
import { causeOfGain, causeOfLoss, type TakeoverReason, type TakeoverView } from "./takeover-reason.ts";
import type { Ip } from "#src/ip/address.ts";
import type { GainCause } from "#src/model/takeover.ts";
import type { Claim } from "#src/wire/heartbeat.ts";
import type { ClaimsChange } from "./own-claims.ts";

/** An address that came to this speaker or left it. */
export type Handover = { readonly ip: Ip } & (
  | (TakeoverReason<GainCause> & { readonly isGain: true })
  | (TakeoverReason & { readonly isGain: false })
);

/** What was known when claims changed. */
export interface HandoverView extends Pick<ElectionSnapshot, "wanted" | "members" | "nodes" | "moves"> {
  readonly self: string;
  readonly nowMs: number;
  /** Nodes that the cluster names as members, live or not. */
  readonly named: ReadonlySet<string>;
  /** By the plan before. */
  readonly ownersBefore: ReadonlyMap<string, string | undefined>;
  readonly plan: AnnouncementPlan;
  /** The claim of an address, now or before. */
  claimOf(key: string): Claim | undefined;
}

/** The addresses of a change, and why each came or went. */
export function handoversOf({ gained, lost }: ClaimsChange, view: HandoverView): readonly Handover[] {
  const causeFor = (key: string): TakeoverView => ({
    ...view,
    key,
    wanted: view.wanted.get(key),
    isKnown: (node) => view.named.has(node),
    isMove: view.moves?.has(key) === true,
    ownerBefore: view.ownersBefore.get(key),
    ownerAfter: view.plan.get(key)?.owner,
  });
  const handover = (key: string, isGain: boolean): readonly Handover[] => {
    const ip = view.claimOf(key)?.ip;
    if (ip === undefined) return [];
    return [
      isGain
        ? { ip, isGain: true, ...causeOfGain(causeFor(key)) }
        : { ip, isGain: false, ...causeOfLoss(causeFor(key)) },
    ];
  };
  return [...gained.flatMap((key) => handover(key, true)), ...lost.flatMap((key) => handover(key, false))];
}

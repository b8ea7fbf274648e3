import { hash } from "node:crypto";
import type { KubeObject } from "#src/model/object.ts";
import {
  ADDRESS_ASSIGNED,
  ADDRESSES_ANNOTATION,
  ANNOUNCED,
  conditionOf,
  ingressOf,
  POOL_ANNOTATION,
  SHARES_ADDRESS,
  TERMS_ANNOTATION,
} from "#src/model/service-status.ts";
import type { StatusPatch } from "#src/source/source.ts";
import { type ConditionValue, conditionsPatch } from "#src/status/condition.ts";
import { lengthen, type Pace, pauseMs, type Streak } from "#src/status/pace.ts";

/**
 * So many times what was undone is written again at once: that fixes a mistake of a person, or a restored backup. Then
 * with pauses. After twenty minutes a difference is a change, not an undone write, and a status is no longer contested.
 */
const PACE: Pace = { free: 3, pause: { firstMs: 10_000, longestMs: 600_000 }, calmMs: 1_200_000 };

/** What the condition of a Service says when another program undoes what we write. */
const CONTESTED: ConditionValue = {
  status: "Unknown",
  reason: "StatusContested",
  message:
    "Another program undoes what Hawser writes into the status. Let one of the two serve this Service: give it a " +
    "spec.loadBalancerClass that only one takes, or stop the other. kubectl get service -o yaml --show-managed-fields " +
    "names who writes.",
};

interface Written {
  readonly uid: string | undefined;
  /** Digests of `spec`, and of what is ours in the object after the write. */
  readonly spec: string;
  readonly ours: string;
  /** The `resourceVersion` that was patched: while it is still shown nothing can be known. */
  readonly before: string | undefined;
  readonly atMs: number;
}

/** What is known of writes that another program undoes. */
export interface Contest {
  /** Our last write. */
  readonly written: Written;
  /** It was seen to be undone. */
  readonly isUndone: boolean;
  /** The writes that were undone. */
  readonly undone: Streak | undefined;
  /** Whether the Service says that it is contested: its Events would repeat with each attempt. */
  readonly isSaid: boolean;
}

/** What to do about a difference in a status: fix it now, say that it is contested, or leave it alone for a while. */
type Verdict = "write" | "say" | "leave";

/** After a patch was written on this version of an object. */
export function contestAfter(
  before: Contest | undefined,
  object: KubeObject,
  { patch, nowMs }: { patch: StatusPatch; nowMs: number },
): Contest {
  const { uid, annotations, resourceVersion } = object.metadata;
  const after: KubeObject = {
    ...object,
    metadata: { ...object.metadata, annotations: withChanges(annotations, patch.annotations) },
    status: { ...(object["status"] as object | undefined), ...patch.status },
  };
  const written = { uid, spec: digest(object["spec"]), ours: oursIn(after), before: resourceVersion, atMs: nowMs };
  return { undone: before?.undone, isSaid: before?.isSaid ?? false, written, isUndone: false };
}

/**
 * Keeps us from fighting with another controller over a Service: one whose write is undone again and again is written
 * again with increasing delays, and says so once. A change of `spec` is a person's work and ends it.
 */
export function judgeDifference(
  before: Contest | undefined,
  object: KubeObject,
  nowMs: number,
): { readonly verdict: Verdict; readonly contest: Contest | undefined } {
  if (before === undefined || isUserAtWork(before.written, object)) return { verdict: "write", contest: undefined };
  const contest = isUndoneBy(object, before) ? undoneAgain(before, nowMs) : before;
  if (pauseMs(contest.undone, nowMs) === 0) return { verdict: "write", contest };
  return contest.isSaid ? { verdict: "leave", contest } : { verdict: "say", contest: { ...contest, isSaid: true } };
}

/** From when on nothing was undone for so long that the contest is forgotten. */
export function calmAtMs({ written, undone }: Contest): number {
  return Math.max(written.atMs, undone?.lastMs ?? 0) + PACE.calmMs;
}

/** Whether our write is shown, and what was ours in it is not. One write is undone once, however many versions show it. */
function isUndoneBy(object: KubeObject, { written, isUndone }: Contest): boolean {
  return !isUndone && written.before !== object.metadata.resourceVersion && oursIn(object) !== written.ours;
}

function undoneAgain({ written, undone: before, isSaid }: Contest, nowMs: number): Contest {
  const undone = lengthen(PACE, before, { nowMs });
  return { written, isUndone: true, undone, isSaid: isSaid && undone.count > 1 };
}

/** What is written when a Service becomes contested: a condition, and nothing that the other would undo. */
export function contestedPatch(object: KubeObject, wallMs: number): StatusPatch {
  return { status: conditionsPatch(object, { [ADDRESS_ASSIGNED]: CONTESTED }, wallMs) };
}

/** The reason and message of the Event of a contested Service. */
export const contestedEvent = { reason: CONTESTED.reason, message: CONTESTED.message } as const;

/** A digest of what is ours in an object: equal ones, nothing was undone. */
function oursIn(object: KubeObject): string {
  const conditions = [ADDRESS_ASSIGNED, ANNOUNCED, SHARES_ADDRESS].map((type) => {
    const { status, reason, message } = conditionOf(object, type) ?? {};
    return [status, reason, message];
  });
  const ingress = ingressOf(object).map(({ ip, ipMode = "VIP" }) => [ip, ipMode]);
  const { annotations } = object.metadata;
  const marks = [POOL_ANNOTATION, ADDRESSES_ANNOTATION, TERMS_ANNOTATION].map((name) => annotations[name]);
  return digest([ingress, conditions, ...marks]);
}

function digest(value: unknown): string {
  return hash("sha256", JSON.stringify(value) ?? "", "base64");
}

function withChanges(
  annotations: Readonly<Record<string, string>>,
  changes: StatusPatch["annotations"] = {},
): Record<string, string> {
  const all = Object.entries({ ...annotations, ...changes });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function isUserAtWork({ uid, spec }: Written, object: KubeObject): boolean {
  return uid !== object.metadata.uid || spec !== digest(object["spec"]);
}

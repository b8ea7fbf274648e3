import { hash } from "node:crypto";
import type { KubeObject } from "#src/model/object.ts";
import {
  ADDRESS_ASSIGNED,
  ADDRESSES_ANNOTATION,
  ANNOUNCED,
  conditionOf,
  ingressOf,
  POOL_ANNOTATION,
  TERMS_ANNOTATION,
} from "#src/model/service-status.ts";
import { type BackOff, doubledMs } from "#src/process/back-off.ts";
import type { StatusPatch } from "#src/source/source.ts";
import { type ConditionValue, conditionsPatch } from "#src/status/condition.ts";

/** So many times what was undone is written again at once: that fixes a mistake of a person, or a restored backup. */
const FREE_REPEATS = 3;
/** The pauses between the writes after these. */
const PAUSE: BackOff = { firstMs: 10_000, longestMs: 600_000 };
/** After so long a difference is a change, not an undone write, and a status is no longer contested. */
const CALM_MS = 1_200_000;

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

interface Contest {
  written: Written | undefined;
  /** How often our writes were undone, and when the last time. */
  undone: number;
  undoneMs: number;
  /** The next write may be made then. */
  untilMs: number;
  isSaid: boolean;
}

/** What to do about a difference in a status. */
type Verdict = "write" | "say" | "leave";

/**
 * Keeps us from fighting with another controller over a Service: the one whose write is undone again and again writes
 * again with increasing delays, and says so once. A change of `spec` is a person's work and ends it.
 */
export class Contests {
  /** The one that was written or undone last comes last. */
  readonly #contests = new Map<string, Contest>();
  /** Keys of those that may not be written for a while, or just now may again. */
  readonly #paused = new Set<string>();

  /** Notes that a patch was written on this version of an object. */
  wrote(key: string, object: KubeObject, { patch, nowMs }: { patch: StatusPatch; nowMs: number }): void {
    const contest = this.#contests.get(key) ?? {
      undone: 0,
      undoneMs: 0,
      untilMs: 0,
      isSaid: false,
      written: undefined,
    };
    const { uid, annotations, resourceVersion: before } = object.metadata;
    const after: KubeObject = {
      ...object,
      metadata: { ...object.metadata, annotations: withChanges(annotations, patch.annotations) },
      status: { ...(object["status"] as object | undefined), ...patch.status },
    };
    contest.written = { uid, spec: digest(object["spec"]), ours: oursIn(after), before, atMs: nowMs };
    this.#touch(key, contest);
  }

  /** Whether a difference is to be fixed now, said to be contested, or left alone for a while. */
  judge(key: string, object: KubeObject, nowMs: number): Verdict {
    const contest = this.#contests.get(key);
    const written = contest?.written;
    if (contest === undefined) return "write";
    if (written !== undefined && isUserAtWork(written, object)) {
      this.forget(key);
      return "write";
    }
    const isNewer = written !== undefined && written.before !== object.metadata.resourceVersion;
    const isUndone = isNewer && oursIn(object) !== written.ours;
    if (isUndone) this.#undone(key, contest, nowMs);
    if (contest.undone <= FREE_REPEATS || nowMs >= contest.untilMs) return "write";
    if (contest.isSaid) return "leave";
    contest.isSaid = true;
    return "say";
  }

  #undone(key: string, contest: Contest, nowMs: number): void {
    if (nowMs - contest.undoneMs > CALM_MS) Object.assign(contest, { undone: 0, isSaid: false });
    // One write is undone once, however many versions show it.
    contest.written = undefined;
    contest.undone += 1;
    contest.undoneMs = nowMs;
    const pauses = contest.undone - FREE_REPEATS - 1;
    if (pauses >= 0) {
      contest.untilMs = nowMs + doubledMs(PAUSE, pauses);
      this.#paused.add(key);
    }
    this.#touch(key, contest);
  }

  #touch(key: string, contest: Contest): void {
    this.#contests.delete(key);
    this.#contests.set(key, contest);
  }

  /** Whether a Service is contested: its Events would repeat with each attempt. */
  isContested(key: string): boolean {
    return this.#contests.get(key)?.isSaid === true;
  }

  /** Those whose pause is over: each is named once. */
  due(nowMs: number): readonly string[] {
    const due = [...this.#paused].filter((key) => (this.#contests.get(key)?.untilMs ?? 0) <= nowMs);
    for (const key of due) this.#paused.delete(key);
    return due;
  }

  /** Milliseconds until the next pause ends, at least 0; undefined if none runs. */
  nextInMs(nowMs: number): number | undefined {
    let nextMs: number | undefined;
    for (const key of this.#paused) {
      const { untilMs } = this.#contests.get(key) ?? { untilMs: nowMs };
      nextMs = Math.min(nextMs ?? untilMs, untilMs);
    }
    return nextMs === undefined ? undefined : Math.max(0, nextMs - nowMs);
  }

  /** The Service is gone, or is not ours. */
  forget(key: string): void {
    this.#contests.delete(key);
    this.#paused.delete(key);
  }

  /** Forgets the Services that nothing was undone on for long. */
  prune(nowMs: number): void {
    for (const [key, { written, undoneMs }] of this.#contests) {
      if (nowMs - Math.max(written?.atMs ?? 0, undoneMs) <= CALM_MS) return;
      this.forget(key);
    }
  }
}

/** What is written when a Service becomes contested: a condition, and nothing that the other would undo. */
export function contestedPatch(object: KubeObject, wallMs: number): StatusPatch {
  return { status: conditionsPatch(object, { [ADDRESS_ASSIGNED]: CONTESTED }, wallMs) };
}

/** The reason and message of the Event of a contested Service. */
export const contestedEvent = { reason: CONTESTED.reason, message: CONTESTED.message } as const;

/** A digest of what is ours in an object: equal ones, nothing was undone. */
function oursIn(object: KubeObject): string {
  const conditions = [ADDRESS_ASSIGNED, ANNOUNCED].map((type) => {
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

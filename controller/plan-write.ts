import type { Ip } from "#src/ip/address.ts";
import { isHandsOff } from "#src/assignment/is-hands-off.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { StatusPatch } from "#src/source/source.ts";
import type { ConditionValue } from "#src/status/condition.ts";
import { contestedPatch, judgeDifference } from "./contest.ts";
import { judgeAnnouncement } from "./judge-announcement.ts";
import { overlapOf } from "./overlap.ts";
import { withoutRefused } from "./refused-annotations.ts";
import { isSameMarks, marksAfter } from "./service-marks.ts";
import type { ServiceRecord } from "./service-record.ts";
import type { SpeakersView } from "./speakers-reader.ts";
import { statusPatch } from "./status-patch.ts";

/** What is to be written on a Service. */
export interface PlannedWrite {
  readonly key: string;
  /** The version that it is planned for. */
  readonly object: KubeObject;
  /** The decision, with the addresses that leave the Service among the others. */
  readonly assignment: Assignment;
  /** The addresses that leave the Service. */
  readonly leaving: readonly Ip[];
  /** What the condition of the announcement shall say. */
  readonly announced: ConditionValue | undefined;
  readonly patch: StatusPatch;
  /** Nothing of the decision is written, only that another program undoes it. */
  readonly isContested: boolean;
}

/** A Service, its decision, and what is remembered of it. */
export interface WriteSubject extends Pick<PlannedWrite, "key" | "object" | "assignment"> {
  readonly record: ServiceRecord;
}

/** What decides about a write besides the Service itself: what the speakers report, and the two clocks. */
export interface WriteSurroundings {
  readonly speakers: SpeakersView;
  readonly nowMs: number;
  readonly wallMs: number;
  /** Whether the pool that contains an address has a quota. */
  readonly hasQuota: (ip: Ip) => boolean;
}

/** What is to be written so that a Service shows its decision: undefined if nothing is, or not before a pause ends. */
export function planWrite(
  { record, key, object, assignment: decided }: WriteSubject,
  { wallMs, ...now }: WriteSurroundings,
): { readonly changes: Partial<ServiceRecord>; readonly write: PlannedWrite | undefined } {
  const { shown: assignment, leaving, overlapUntilMs } = overlapOf({ object, assignment: decided, record }, now);
  const subject = { key, object, assignment, leaving };
  const { announced, graces } = judgeAnnouncement(subject, record, now);
  const waits = { ...graces, overlapUntilMs };
  const wanted = statusPatch(object, assignment, { announced, wallMs, leaving });
  const patch = withoutRefused(wanted, record.refused, object);
  if (patch === undefined) {
    const marks = isHandsOff(assignment) ? record.marks : marksAfter(subject);
    const noted = isSameMarks(record.marks, marks) ? {} : { marks };
    return { changes: { ...waits, ...noted, retry: undefined }, write: undefined };
  }
  const { verdict, contest } = judgeDifference(record.contest, object, now.nowMs);
  // No failed write waits for its turn any longer.
  if (verdict === "leave") return { changes: { ...waits, contest, retry: undefined }, write: undefined };
  const isContested = verdict === "say";
  const written = isContested ? contestedPatch(object, wallMs) : patch;
  return { changes: { ...waits, contest }, write: { ...subject, announced, patch: written, isContested } };
}

/** Whether it changes which addresses a Service has, or by which right. */
export function writesAddresses({ patch }: PlannedWrite): boolean {
  return patch.annotations !== undefined || (patch.status !== undefined && "loadBalancer" in patch.status);
}

import type { KubeObject } from "#src/model/object.ts";
import { type Reason, REASONS } from "#src/model/reason.ts";
import type { Fields } from "#src/model/record.ts";
import { conditionOf, conditionsOf } from "#src/model/service-status.ts";

/** What a condition says, without its time. */
export interface ConditionValue<R extends string = Reason> {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: R;
  readonly message: string;
  /** `metadata.generation` of what it is about, where that is said. */
  readonly observedGeneration?: number;
}

/** A condition as the Kubernetes API has it (metav1.Condition). */
interface Condition extends ConditionValue<string> {
  readonly type: string;
  /** RFC 3339; when `status` last changed. */
  readonly lastTransitionTime: string;
}

/** By type: what a condition shall say; undefined: it shall not be there. */
type WantedConditions = Readonly<Record<string, ConditionValue<string> | undefined>>;

/** What a condition of an object says now; undefined where it is not there, or not one of ours. */
export function readCondition(object: KubeObject, type: string): ConditionValue | undefined {
  const { status, reason, message } = conditionOf(object, type) ?? {};
  const isOurs =
    (status === "True" || status === "False" || status === "Unknown") &&
    REASONS.includes(reason as Reason) &&
    typeof message === "string";
  return isOurs ? { status, reason: reason as Reason, message } : undefined;
}

/** Whether a condition of an object has this reason and this message already. */
export function saysAlready(
  object: KubeObject,
  type: string,
  { reason, message }: Pick<ConditionValue, "reason" | "message">,
): boolean {
  const present = conditionOf(object, type);
  return present?.["reason"] === reason && present["message"] === message;
}

/** What has to be written into `status` for our conditions: all of `conditions`, or nothing. */
export function conditionsPatch(object: KubeObject, wanted: WantedConditions, wallMs: number): Fields {
  const present = conditionsOf(object);
  const isSame = Object.entries(wanted).every(([type, value]) => says(present.find(isOf(type)), value));
  if (isSame) return {};
  const others = present.filter(({ type }) => typeof type !== "string" || !Object.hasOwn(wanted, type));
  const ours = Object.entries(wanted).flatMap(([type, value]) =>
    value === undefined ? [] : stamped(type, value, { before: present.find(isOf(type)), wallMs }),
  );
  const conditions = [...others, ...ours];
  return { conditions: conditions.length > 0 ? conditions : undefined };
}

function isOf(wanted: string): (condition: Fields) => boolean {
  return ({ type }) => type === wanted;
}

function says(present: Fields | undefined, value: ConditionValue<string> | undefined): boolean {
  if (value === undefined || present === undefined) return value === present;
  return (
    present["status"] === value.status &&
    present["reason"] === value.reason &&
    present["message"] === value.message &&
    present["observedGeneration"] === value.observedGeneration
  );
}

function stamped(
  type: string,
  value: ConditionValue<string>,
  { before, wallMs }: { before: Fields | undefined; wallMs: number },
): Condition {
  const { status } = value;
  const since = before?.["status"] === status ? before["lastTransitionTime"] : undefined;
  const lastTransitionTime = typeof since === "string" ? since : new Date(wallMs).toISOString().replace(/\.\d+Z$/, "Z");
  return { type, ...value, lastTransitionTime };
}

import type { KubeObject } from "#src/model/object.ts";
import { type Fields, textOf } from "#src/model/record.ts";
import { ADDRESS_ASSIGNED, ANNOUNCED, conditionOf } from "#src/model/service-status.ts";

/** What one of Hawser's conditions on a Service says. */
export interface ConditionView {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  /** `lastTransitionTime`, in ISO 8601; empty where it is not given. */
  readonly since: string;
}

/** From bad to good. */
const ORDER: readonly ConditionView["status"][] = ["False", "Unknown", "True"];
/** The reasons of a condition that is True and has nothing to add. */
const PLAIN: readonly string[] = ["AddressAssigned", "Announced"];

/**
 * Of the two conditions that the controller writes the one that matters: one that is False before one that is Unknown,
 * then one with something to add (AddressOrphaned), then Announced. Undefined where the controller has written none.
 */
export function worstCondition(object: KubeObject): ConditionView | undefined {
  const [worst] = [ANNOUNCED, ADDRESS_ASSIGNED]
    .flatMap((type) => viewCondition(conditionOf(object, type)) ?? [])
    .sort((left, right) => rankOf(left) - rankOf(right));
  return worst;
}

function rankOf({ status, reason }: ConditionView): number {
  return ORDER.indexOf(status) * 2 + (PLAIN.includes(reason) ? 1 : 0);
}

function viewCondition(condition: Fields | undefined): ConditionView | undefined {
  if (condition === undefined) return undefined;
  const { status, reason, message, lastTransitionTime } = condition;
  return {
    status: status === "True" || status === "False" ? status : "Unknown",
    reason: textOf(reason),
    message: textOf(message),
    since: textOf(lastTransitionTime),
  };
}

import type { ObjectRef } from "#src/model/object.ts";
import type { PolicyReason } from "#src/model/policies/policy-reason.ts";
import type { Reason } from "#src/model/reason.ts";

/** An Event for people: deduplicated by (object, reason, message). */
export interface EventRecord {
  readonly about: ObjectRef;
  readonly type: "Normal" | "Warning";
  /** PascalCase, from the closed set in docs/errors.md. */
  readonly reason: string;
  readonly message: string;
}

/** The reasons of Events of type Normal: what went well. */
const NORMAL: ReadonlySet<Reason | PolicyReason> = new Set<Reason | PolicyReason>([
  "AddressAssigned",
  "AddressReleased",
  "ConfigLoaded",
  "PoolHasRoom",
  "TakenOver",
]);

/** An Event about an object. A source cuts its message to what the API takes. */
export function eventOf(
  about: ObjectRef,
  { reason, message }: { reason: Reason | PolicyReason; message: string },
): EventRecord {
  return { about, type: NORMAL.has(reason) ? "Normal" : "Warning", reason, message };
}

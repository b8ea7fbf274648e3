import { cutEventMessage } from "#src/model/event-message.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import type { Reason } from "#src/model/reason.ts";
import { addressConditionOf, ANNOUNCED, conditionOf } from "#src/model/service-status.ts";
import type { EventRecord } from "#src/source/source.ts";
import type { ConditionValue } from "./status-patch.ts";

/** An Event, with its message cut to what the API takes. `Normal` for what went well. */
export function eventOf(about: ObjectRef, { reason, message }: { reason: Reason; message: string }): EventRecord {
  const isNormal = ["AddressAssigned", "AddressReleased", "ConfigLoaded", "TakenOver"].includes(reason);
  return { about, type: isNormal ? "Normal" : "Warning", reason, message: cutEventMessage(message) };
}

/** The Events of a decision that is written on a Service: each release, and what its condition says now. */
export function eventsOf(object: KubeObject, assignment: Assignment): EventRecord[] {
  const about = refOf(object);
  const events = assignment.released.map((released) => eventOf(about, released));
  const present = addressConditionOf(object);
  const isNew = present?.["reason"] !== assignment.reason || present["message"] !== assignment.message;
  if (assignment.reason !== "AddressReleased") {
    if (isNew) events.push(eventOf(about, assignment));
  } else if (present?.["status"] === "True" && events.length === 0) {
    // The API server empties the status of a Service whose type changes: nothing was left to release.
    events.push(eventOf(about, assignment));
  }
  return events;
}

/** The Event of an announcement that fails, when that is new. One that works has none. */
export function announcementEvents(object: KubeObject, announced: ConditionValue | undefined): EventRecord[] {
  if (announced?.status !== "False") return [];
  const present = conditionOf(object, ANNOUNCED);
  const isNew = present?.["reason"] !== announced.reason || present["message"] !== announced.message;
  return isNew ? [eventOf(refOf(object), announced)] : [];
}

/** Names an object. */
export function refOf({ kind, metadata }: KubeObject): ObjectRef {
  return { kind, namespace: metadata.namespace, name: metadata.name };
}

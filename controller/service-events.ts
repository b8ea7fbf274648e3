import type { Assignment } from "#src/assignment/snapshot.ts";
import { type KubeObject, keyOf, type ObjectRef } from "#src/model/object.ts";
import type { Reason } from "#src/model/reason.ts";
import { ADDRESS_ASSIGNED, addressConditionOf, ANNOUNCED } from "#src/model/service-status.ts";
import { type ConditionValue, saysAlready } from "#src/status/condition.ts";
import { cutEventMessage } from "#src/status/event-message.ts";
import { type EventRecord, eventOf } from "#src/status/event-record.ts";

/** The Events of a decision that is written on a Service: each release, and what its condition says now. */
export function eventsOf(object: KubeObject, assignment: Assignment): EventRecord[] {
  const about = refOf(object);
  const events = assignment.released.map((released) => serviceEvent(about, released));
  const present = addressConditionOf(object);
  const isNew = !saysAlready(object, ADDRESS_ASSIGNED, assignment);
  if (assignment.reason !== "AddressReleased") {
    if (isNew) events.push(serviceEvent(about, assignment));
  } else if (present?.["status"] === "True" && events.length === 0) {
    // The API server empties the status of a Service whose type changes: nothing was left to release.
    events.push(eventOf(about, assignment));
  }
  return events;
}

/** An Event about a Service; a warning ends with the command that says more. */
function serviceEvent(about: ObjectRef, said: { readonly reason: Reason; readonly message: string }): EventRecord {
  const event = eventOf(about, said);
  if (event.type === "Normal") return event;
  return { ...event, message: cutEventMessage(event.message, ` See hawser explain ${keyOf(about)}.`) };
}

/** The Event of an announcement that fails, when that is new. One that works has none. */
export function announcementEvents(object: KubeObject, announced: ConditionValue | undefined): EventRecord[] {
  if (announced?.status !== "False") return [];
  return saysAlready(object, ANNOUNCED, announced) ? [] : [serviceEvent(refOf(object), announced)];
}

/** Names an object. */
export function refOf({ kind, metadata }: KubeObject): ObjectRef {
  return { kind, namespace: metadata.namespace, name: metadata.name };
}

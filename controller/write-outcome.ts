import type { PatchResult } from "#src/source/source.ts";
import { type EventRecord, eventOf } from "#src/status/event-record.ts";
import { contestAfter, contestedEvent } from "./contest.ts";
import { exchangedIn } from "./overlap.ts";
import type { PlannedWrite } from "./plan-write.ts";
import { retryAfter } from "./retry.ts";
import { announcementEvents, eventsOf, refOf } from "./service-events.ts";
import { marksAfter, marksAfterDoubt } from "./service-marks.ts";
import type { ServiceRecord } from "./service-record.ts";

/** How a write ended: as the source says, or with an error after which it may have been written all the same. */
export type WriteResult = PatchResult | { readonly error: unknown };

/** What follows from a write. */
export interface WriteOutcome {
  readonly changes: Partial<ServiceRecord>;
  readonly events: readonly EventRecord[];
  /** Whether the Service got addresses that its status did not show. */
  readonly isMoved: boolean;
}

/** What follows from a write on a Service of which this was remembered. `chance`: from 0 to below 1, for its next attempt. */
export function writeOutcome(
  write: PlannedWrite,
  result: WriteResult,
  { record, nowMs, chance }: { readonly record: ServiceRecord; readonly nowMs: number; readonly chance: number },
): WriteOutcome {
  const { object, assignment, leaving, patch, isContested } = write;
  const { addresses, released } = assignment;
  if (result === "conflict" || result === "gone" || typeof result === "object") {
    const retry = retryAfter(record.retry, object, { nowMs, chance });
    // It may have been written although no answer came: the addresses stay reserved until the object changes.
    const unseen = {
      object,
      addresses: [...addresses, ...released.map(({ ip }) => ip)],
      leaving: [...leaving, ...exchangedIn(assignment)],
    };
    const doubted = { retry, unseen, marks: marksAfterDoubt(record.marks, { ...write, leaving: unseen.leaving }) };
    return { changes: typeof result === "object" ? doubted : { retry }, events: [], isMoved: false };
  }
  const kept = addresses.length === 0 ? { held: undefined } : {};
  const changes = isContested ? {} : { unseen: { object, addresses, leaving }, marks: marksAfter(write), ...kept };
  if (result === "unchanged") return { changes: { ...changes, retry: undefined }, events: [], isMoved: false };
  return {
    changes: { ...changes, retry: undefined, contest: contestAfter(record.contest, object, { patch, nowMs }) },
    events: eventsFor(write, record),
    isMoved: patch.status !== undefined && "loadBalancer" in patch.status && addresses.length > 0,
  };
}

function eventsFor({ object, assignment, announced, isContested }: PlannedWrite, record: ServiceRecord): EventRecord[] {
  if (isContested) return [eventOf(refOf(object), contestedEvent)];
  // They would be the same ones with each attempt.
  if (record.contest?.isSaid === true) return [];
  return [...eventsOf(object, assignment), ...announcementEvents(object, announced)];
}

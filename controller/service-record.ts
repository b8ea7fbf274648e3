import type { Ip } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Service } from "#src/model/service.ts";
import { pauseEndMs } from "#src/status/pace.ts";
import type { Contest } from "./contest.ts";
import type { Graces } from "./judge-announcement.ts";
import type { RefusedAnnotations } from "./refused-annotations.ts";
import type { Retry } from "./retry.ts";
import type { ServiceMarks } from "./service-marks.ts";
import type { UnseenWrite } from "./unseen-write.ts";

/**
 * What the status of a Service of ours held last. A program that empties a status does not take its addresses: the Service
 * gets the same ones again, unless they are in another status by now.
 */
interface Holding {
  /** Of the Service that had them: one that is created again under the name did not. */
  readonly uid: string | undefined;
  readonly addresses: readonly Ip[];
}

/** All that the controller remembers of one Service, in memory only. Times are milliseconds on one steady clock. */
export interface ServiceRecord extends Graces {
  /** The Service as the plan counts it; undefined: it cannot be read. */
  readonly service: Service | undefined;
  /** What it has and keeps others off. Of one that cannot be read, external IPs are among them. */
  readonly addresses: readonly Ip[];
  readonly problems: readonly Problem[];
  readonly held: Holding | undefined;
  /** What was noted on it when it was written last, or read first; undefined where it has no address. */
  readonly marks: ServiceMarks | undefined;
  readonly unseen: UnseenWrite | undefined;
  readonly retry: Retry | undefined;
  readonly contest: Contest | undefined;
  /** The annotations that it had when the API server refused ours. */
  readonly refused: RefusedAnnotations | undefined;
  /** When addresses that leave it go at the latest; undefined where none leaves. */
  readonly overlapUntilMs: number | undefined;
  /** What its Event said of why it cannot be read. */
  readonly saidUnreadable: string | undefined;
  /** The number of the last round that wrote it; 0: none did. */
  readonly writtenIn: number;
  /** What was due until then was looked at. */
  readonly wokenMs: number;
}

/** Of a Service that is seen for the first time. */
export const NEW_RECORD: ServiceRecord = {
  service: undefined,
  addresses: [],
  problems: [],
  held: undefined,
  marks: undefined,
  unseen: undefined,
  retry: undefined,
  contest: undefined,
  refused: undefined,
  missingUntilMs: undefined,
  conflictUntilMs: undefined,
  overlapUntilMs: undefined,
  saidUnreadable: undefined,
  writtenIn: 0,
  wokenMs: -Infinity,
};

/** What is no longer known of a Service that nothing is written on, because it cannot be read. */
export const UNWRITTEN = {
  retry: undefined,
  contest: undefined,
  missingUntilMs: undefined,
  conflictUntilMs: undefined,
  overlapUntilMs: undefined,
} as const satisfies Partial<ServiceRecord>;

/** When a Service has to be looked at again although it does not change; undefined: never. */
export function dueMsOf(record: ServiceRecord): number | undefined {
  const { retry, contest, missingUntilMs, conflictUntilMs, overlapUntilMs, wokenMs } = record;
  let dueMs: number | undefined;
  for (const ms of [
    pauseEndMs(retry?.failed),
    pauseEndMs(contest?.undone),
    missingUntilMs,
    conflictUntilMs,
    overlapUntilMs,
  ])
    if (ms !== undefined && ms > wokenMs && (dueMs === undefined || ms < dueMs)) dueMs = ms;
  return dueMs;
}

import type { KubeObject } from "#src/model/object.ts";
import { lengthen, type Pace, pauseMs, type Streak } from "#src/status/pace.ts";

/** The waits after failed writes; an API server that comes back is used again within the longest one. */
const PACE: Pace = { free: 0, pause: { firstMs: 200, longestMs: 30_000 }, calmMs: Infinity };

/** A Service whose status could not be written, and that waits for the next attempt. */
export interface Retry {
  /** The version that was to be written: one that changes stops waiting. */
  readonly object: KubeObject;
  /** The writes that failed in a row. */
  readonly failed: Streak;
}

/** After one more failed write: the wait is half to all of the doubled one, by `chance` from 0 to below 1. */
export function retryAfter(
  before: Retry | undefined,
  object: KubeObject,
  at: { readonly nowMs: number; readonly chance: number },
): Retry {
  return { object, failed: lengthen(PACE, before?.failed, at) };
}

/** Whether to leave this version of the object alone for now. */
export function isWaiting(retry: Retry | undefined, object: KubeObject, nowMs: number): boolean {
  return retry?.object === object && pauseMs(retry.failed, nowMs) > 0;
}

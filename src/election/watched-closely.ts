/** A member is watched closely where so many of its promised intervals fit into the time that is death. */
export const LOST_INTERVALS = 3;

/** Whether heartbeats that are promised so often let silence be noticed as soon as may be; 0 where the promise is not known. */
export function isWatchedClosely(everyMs: number, deadAfterMs: number): boolean {
  return everyMs * LOST_INTERVALS <= deadAfterMs;
}

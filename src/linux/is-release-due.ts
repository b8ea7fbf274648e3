/** What a program sees of itself when it looks, every five seconds. */
export interface MemoryLook {
  /** Looks since memory was handed back, or since the program was ready; this one counts. */
  readonly looks: number;
  /** What was in RAM when memory had been handed back last; undefined before the first time. */
  readonly leftBytes: number | undefined;
  /** What is in RAM now. */
  readonly rssBytes: number;
  /** CPU of all threads since the look before. */
  readonly cpuMs: number;
}

/** 10 s from ready on: the first lists are worked off by then, and what runs all the time has run. */
const FIRST = 2;
/** 30 s: what is handed back costs some 20 ms of CPU. */
const APART = 6;
/** What runs all the time brings back 10 to 13 MB of Node's binary. */
const GROWN_BYTES = 18e6;
/** Of one core in five seconds: 5 %. A speaker that only sends heartbeats takes 1 to 2. */
const QUIET_MS = 250;

/** Whether to hand memory back now: once after the start, and later whenever work has made it grow and is done. */
export function isReleaseDue({ looks, leftBytes, rssBytes, cpuMs }: MemoryLook): boolean {
  if (leftBytes === undefined) return looks >= FIRST;
  return looks >= APART && rssBytes >= leftBytes + GROWN_BYTES && cpuMs <= QUIET_MS;
}

import { monitorEventLoopDelay } from "node:perf_hooks";

/** How often the event loop is looked at: often enough to see a stall, rare enough to cost an idle thread nothing. */
const LOOK_MS = 100;

/** Tells the longest that the event loop of this thread was late since it was asked last, in seconds. */
export function lagWatch(): () => number {
  const delays = monitorEventLoopDelay({ resolution: LOOK_MS });
  delays.enable();
  return () => {
    // The delay is counted with the pause between two looks.
    const lateMs = Math.max(0, delays.max / 1e6 - LOOK_MS);
    delays.reset();
    return lateMs / 1_000;
  };
}

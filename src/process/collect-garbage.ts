import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Of a larger heap a collection stops the program for longer than a tenth of a second. */
const MOST_BYTES = 96e6;

/**
 * Collects all garbage at once, for which the thread stands still: some 20 ms for each 20 MB in use. V8 does it late, because it
 * waits until the heap has grown. Nothing happens where more than 96 MB are in use. The function that does it is
 * only in a context of its own, for this call.
 */
export function collectGarbage(): void {
  if (getHeapStatistics().used_heap_size > MOST_BYTES) return;
  setFlagsFromString("--expose-gc");
  try {
    (runInNewContext("gc") as () => void)();
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}

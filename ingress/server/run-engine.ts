import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "#src/process/clock.ts";
import type { Engine } from "#ingress/engine/engine.ts";

/** How often deadlines are looked at: the exactness of all time limits. */
const TICK_MS = 100;
/** How often it is looked whether requests are still under way. */
const DRAIN_LOOK_MS = 20;

/** What has an engine look at its deadlines. */
interface RunningEngine {
  /** Waits for requests that are under way at most so long, and closes all connections. */
  finish(timeoutMs: number): Promise<void>;
}

/** Has an engine look at its deadlines until it is finished. */
export function runEngine(engine: Engine): RunningEngine {
  const ticker = setInterval(() => engine.tick(), TICK_MS);
  return {
    async finish(timeoutMs) {
      const endMs = monotonicMs() + timeoutMs;
      while (engine.closeIdle() > 0 && monotonicMs() < endMs) await sleep(DRAIN_LOOK_MS);
      engine.close();
      clearInterval(ticker);
    },
  };
}

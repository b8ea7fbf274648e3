import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "#src/process/clock.ts";
import type { Engine } from "#ingress/engine/engine.ts";

/** How often deadlines are looked at: the exactness of all time limits. */
const TICK_MS = 50;
/** How often it is looked whether requests are still under way. */
const DRAIN_LOOK_MS = 20;
/** How long connections are waited for at the end whose clients have not come as far as a request: TLS takes two round trips. */
const ARRIVAL_MS = 1_000;

/** What has an engine look at its deadlines. */
interface RunningEngine {
  /**
   * Waits for requests that are under way at most so long, and closes all connections. Nothing is accepted any longer;
   * `arrivals` says how many connections there are, also those that the engine does not have yet.
   */
  finish(timeoutMs: number, arrivals: () => number): Promise<void>;
}

/** Has an engine look at its deadlines until it is finished. */
export function runEngine(engine: Engine): RunningEngine {
  const ticker = setInterval(() => engine.tick(), TICK_MS);
  return {
    async finish(timeoutMs, arrivals) {
      const beganMs = monotonicMs();
      const isLeft = (forMs: number): boolean => engine.endIdle() > 0 || (arrivals() > 0 && forMs < ARRIVAL_MS);
      for (let forMs = 0; isLeft(forMs) && forMs < timeoutMs; forMs = monotonicMs() - beganMs)
        await sleep(DRAIN_LOOK_MS);
      engine.close();
      clearInterval(ticker);
    },
  };
}

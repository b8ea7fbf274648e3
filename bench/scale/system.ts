import type { RackProcess } from "#lab/rack/rack-process.ts";
import type { ScaleWorld } from "./world.ts";

/** A load balancer whose speed at scale is measured. */
export interface ScaleSystem {
  readonly name: string;
  /** Why it cannot be had here; undefined if it can. */
  whyNot(): string | undefined;
  version(): string;
  /** Starts its controller, and its speaker on the one node; resolves when both do their work. */
  start(world: ScaleWorld): Promise<RunningScaleSystem>;
}

export interface RunningScaleSystem {
  /** Process ids. */
  controller(): number;
  speaker(): number;
  /** Ends the controller with SIGTERM. */
  stopController(): Promise<void>;
  /** Starts it again; resolves, when it says that it is ready, with the seconds it took. */
  startController(): Promise<number>;
  stop(): Promise<void>;
}

/** A controller that can be started again, and the speaker beside it; each resolves when the program does its work. */
export async function runBoth(start: {
  readonly controller: () => Promise<RackProcess>;
  readonly speaker: () => Promise<RackProcess>;
}): Promise<RunningScaleSystem> {
  let controller = await start.controller();
  const speaker = await start.speaker();
  return {
    controller: () => controller.pid,
    speaker: () => speaker.pid,
    stopController: async () => void (await controller.stop()),
    startController: async () => {
      const startMs = performance.now();
      controller = await start.controller();
      return (performance.now() - startMs) / 1_000;
    },
    stop: async () => void (await Promise.all([controller.stop(), speaker.stop()])),
  };
}

import type { World } from "./world.ts";

/** A load balancer whose speed at scale is measured. */
export interface System {
  readonly name: string;
  /** Why it cannot be had here; undefined if it can. */
  whyNot(): string | undefined;
  version(): string;
  /** Starts its controller, and its speaker on the one node; resolves when both do their work. */
  start(world: World): Promise<RunningSystem>;
}

export interface RunningSystem {
  /** Process ids. */
  controller(): number;
  speaker(): number;
  /** Ends the controller in peace. */
  stopController(): Promise<void>;
  /** Starts it again; resolves, when it says that it is ready, with the seconds it took. */
  startController(): Promise<number>;
  stop(): Promise<void>;
}

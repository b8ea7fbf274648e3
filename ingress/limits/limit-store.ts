import type { BucketUse } from "#src/filters/keyed-buckets.ts";

/** Where requests are counted together with other replicas: an open connection to it. */
export interface LimitStore {
  /**
   * Milliseconds until a request would be within all limits; 0: it is, and it was counted for all of them. Rejects where the store
   * gives no answer that can be used.
   */
  ask(uses: readonly BucketUse[]): Promise<number>;
  /** At once; what was asked and has no answer yet rejects. */
  close(): void;
}

/** Opens a connection to a store and tries whether it counts; rejects where it does not. `onLost`: the connection has ended. */
export type OpenLimitStore = (onLost: (why: Error) => void) => Promise<LimitStore>;

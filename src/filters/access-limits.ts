import type { KeyedLimit } from "./keyed-limit.ts";

/** Limits that are looked at with who may come in, because the answer may take a while, or depends on who sends a request. */
export interface AccessLimits {
  /** Counted with all replicas, and before it is asked who sends a request: guesses of passwords count. */
  readonly shared: readonly KeyedLimit[];
  /** Counted by what a token says, when it was verified; those among them that are shared with all replicas. */
  readonly byClaims: readonly KeyedLimit[];
}

import type { LoadBalance } from "#src/model/annotations/load-balance.ts";
import type { HashPart } from "#src/model/annotations/upstream-hash-by.ts";

/** How an endpoint is chosen, where it is not only done in turns. */
export interface Balancing {
  /** Also for requests that are hashed by nothing. */
  readonly policy: LoadBalance;
  readonly hashBy?: HashBy;
}

/** Requests with the same text go to the same endpoint, or to one of the same few. */
interface HashBy {
  readonly parts: readonly HashPart[];
  /** How many endpoints a text has. */
  readonly subsetSize: number;
}

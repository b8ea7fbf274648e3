import type { ServedAnnotation } from "./annotation-record.ts";
import { LOAD_BALANCE } from "./load-balance.ts";
import { UPSTREAM_HASH_BY, UPSTREAM_HASH_BY_SUBSET, UPSTREAM_HASH_BY_SUBSET_SIZE } from "./upstream-hash-by.ts";

/** The annotations that say how endpoints are chosen, by the names of their settings. */
export const BALANCING = {
  loadBalance: LOAD_BALANCE,
  hashBy: UPSTREAM_HASH_BY,
  hashBySubset: UPSTREAM_HASH_BY_SUBSET,
  hashBySubsetSize: UPSTREAM_HASH_BY_SUBSET_SIZE,
} as const satisfies Readonly<Record<string, ServedAnnotation<unknown>>>;

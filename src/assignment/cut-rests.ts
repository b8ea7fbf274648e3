import { cutFairly } from "#src/collections/cut-fairly.ts";
import { namespaceOf } from "./pool-shares.ts";
import type { Rest } from "./snapshot.ts";

/** Freed addresses remembered at once: a /16 released in one go. */
const RESTING_MAX = 65_536;

/** The freed addresses that are remembered, as a map; where there are too many, the namespace that has most loses those freed first. */
export function cutRests(longestFirst: readonly (readonly [string, Rest])[]): ReadonlyMap<string, Rest> {
  return new Map(cutFairly(longestFirst, { max: RESTING_MAX, ownerOf: ([, { service }]) => namespaceOf(service) }));
}

import type { FilterCase } from "./filter-case.ts";
import { accessFilters } from "./filters/access.ts";
import { answerFilters } from "./filters/answers.ts";
import { bases, bodyFilters } from "./filters/bodies.ts";
import { limitFilters } from "./filters/limits.ts";
import { routingFilters } from "./filters/routing.ts";

/** Requests without a filter, then one case for each filter; `service`: where the endpoint can be asked at an address that is not loopback. */
export function allFilters(service: string): readonly FilterCase[] {
  const filters = [
    ...accessFilters(service),
    ...limitFilters,
    ...routingFilters(service),
    ...answerFilters,
    ...bodyFilters,
  ];
  return [...bases, ...filters];
}

/** The names of the cases that can be chosen: `filter-NAME`. */
export const FILTER_CASE_NAMES: readonly string[] = allFilters("").map(({ name }) => `filter-${name}`);

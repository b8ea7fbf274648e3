import { child, complain, isUnset } from "#src/model/field.ts";
import type { Problem } from "#src/model/problem.ts";
import { findRouteConflicts } from "#src/routing/ingress/find-route-conflicts.ts";
import type { RoutingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import type { CheckedSet } from "./checked-set.ts";
import { fieldAt } from "./field-at.ts";

/** Rules that never serve because another one has the same host and path, each at its line. */
export function findLostRoutes({ rootOf }: CheckedSet, snapshot: RoutingSnapshot): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { loser, at, problem } of findRouteConflicts(snapshot)) {
    const found: Problem[] = [];
    const { code, what, why, fix, severity } = problem;
    const field = fieldAt(rootOf("Ingress", loser.key, found), at);
    const path = child(field, "path");
    complain({ ...field, place: isUnset(path) ? field.place : path.place }, code, { what, why, fix, severity });
    problems.push(...found);
  }
  return problems;
}

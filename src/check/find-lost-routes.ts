import { child, complain, type Field, readList } from "#src/model/field.ts";
import type { Problem } from "#src/model/problem.ts";
import { findRouteConflicts } from "#src/routing/find-route-conflicts.ts";
import { routingSnapshot } from "#src/routing/routing-snapshot.ts";
import type { CheckedSet } from "./checked-set.ts";

/** Rules that never serve because another one has the same host and path, each at its line. */
export function findLostRoutes({ ingresses, rootOf }: CheckedSet): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { loser, at, problem } of findRouteConflicts(routingSnapshot({ ingresses, services: [], slices: [] }))) {
    const found: Problem[] = [];
    const { code, what, why, fix, severity } = problem;
    complain(fieldAt(rootOf("Ingress", loser.key, found), at), code, { what, why, fix, severity });
    problems.push(...found);
  }
  return problems;
}

/** The field of a path such as `spec.rules[0].http.paths[1]`. */
function fieldAt(root: Field, path: string): Field {
  return path.split(/[.[]/).reduce((field, step) => {
    const index = /^(\d+)\]$/.exec(step)?.[1];
    return index === undefined ? child(field, step) : (readList(field)[Number(index)] ?? field);
  }, root);
}

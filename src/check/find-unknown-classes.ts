import { complain, descend, isUnset, quote } from "#src/model/field.ts";
import { ingressClassName } from "#src/model/ingress.ts";
import { nearest } from "#src/model/nearest.ts";
import type { Problem } from "#src/model/problem.ts";
import type { CheckedSet } from "./checked-set.ts";

/** Ingresses that no controller serves because their class does not exist. */
export function findUnknownClasses(set: CheckedSet): readonly Problem[] {
  const problems: Problem[] = [];
  for (const key of set.keysOf("Ingress")) checkClass(set, key, problems);
  return problems;
}

function checkClass(set: CheckedSet, key: string, problems: Problem[]): void {
  const object = set.objectOf("Ingress", key);
  const name = object === undefined ? undefined : ingressClassName(object);
  const { installation, ingressClasses } = set;
  if (name === undefined || name === installation.ingressClass || ingressClasses.has(name)) return;
  const known = [...new Set([installation.ingressClass, ...ingressClasses.keys()])];
  const meant = nearest(name, known);
  // Without any class among the objects, those of other controllers are elsewhere.
  if (meant === undefined && ingressClasses.size === 0) return;
  const root = set.rootOf("Ingress", key, problems);
  const field = descend(root, "spec", "ingressClassName");
  complain(isUnset(field) ? root : field, "INGRESS_CLASS_UNKNOWN", {
    what: "No controller serves this Ingress",
    why: `there is no IngressClass ${quote(name)}`,
    fix: meant === undefined ? `Write one of ${known.join(", ")}, or add the class` : `Did you mean ${meant}?`,
    severity: "warning",
  });
}

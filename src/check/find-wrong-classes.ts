import { complain, descend, entry, isUnset, quote } from "#src/model/field.ts";
import { CLASS_ANNOTATION, type IngressClass, ingressClassName } from "#src/model/ingress.ts";
import { nearest } from "#src/model/nearest.ts";
import type { Problem } from "#src/model/problem.ts";
import type { CheckedSet } from "./checked-set.ts";

/** Classes that should be Hawser's and are another controller's, and Ingresses whose class does not exist. */
export function findWrongClasses(set: CheckedSet): readonly Problem[] {
  const problems: Problem[] = [];
  for (const ingressClass of set.ingressClasses.values()) checkController(set, ingressClass, problems);
  for (const key of set.keysOf("Ingress")) checkClass(set, key, problems);
  return problems;
}

function checkController(set: CheckedSet, { name, controller }: IngressClass, problems: Problem[]): void {
  const { ingressClass, controllerClass } = set.installation;
  const isMeant = name === ingressClass || nearest(controller, [controllerClass]) !== undefined;
  if (controller === controllerClass || !isMeant) return;
  complain(descend(set.rootOf("IngressClass", name, problems), "spec", "controller"), "INGRESS_CLASS_FOREIGN", {
    what: "Hawser does not serve the Ingresses of this class",
    why: `its controller is ${quote(controller)}, and Hawser serves those of ${quote(controllerClass)}`,
    fix: `Create the class again with spec.controller: ${controllerClass}, or start the ingress with --controller-class ${controller}`,
  });
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
  const annotation = entry(descend(root, "metadata", "annotations"), CLASS_ANNOTATION);
  complain(isUnset(field) || field.value === "" ? annotation : field, "INGRESS_CLASS_UNKNOWN", {
    what: "No controller serves this Ingress",
    why: `there is no IngressClass ${quote(name)}`,
    fix: meant === undefined ? `Write one of ${known.join(", ")}, or add the class` : `Did you mean ${meant}?`,
    severity: "warning",
  });
}

import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ClassScope } from "#src/routing/ingress/routing-snapshot.ts";
import type { ForeignClass } from "#ingress/server/route-index.ts";

/** The Problem of Ingresses whose class is named as ours is, and belongs to another controller. */
export function classForeign({ name, controller = "", count }: ForeignClass, scope: ClassScope): Problem {
  return {
    code: "INGRESS_CLASS_FOREIGN",
    at: objectAt("IngressClass", name, "spec.controller"),
    what: `Cannot serve ${count} Ingress${count === 1 ? "" : "es"}`,
    why: `${count === 1 ? "it belongs" : "they belong"} to class "${name}" of controller "${controller}", and this program serves the controller "${scope.controller}"`,
    fix: `Start the ingress with --controller-class ${controller}, or give the Ingresses another class`,
    severity: "error",
  };
}

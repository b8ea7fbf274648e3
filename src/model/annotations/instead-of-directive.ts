import { fixWith } from "./fix-with.ts";
import { INSTEAD } from "./instead.ts";

/** How to fix a snippet with a directive of nginx that Hawser does not do: the annotation that says the same, where there is one. */
export function insteadOfDirective(directive: string): string {
  return fixWith("Remove the line, or serve the Ingress by another class", annotationFor(directive));
}

function annotationFor(directive: string): string | undefined {
  if (directive === "deny" || directive === "allow") return INSTEAD.allow;
  if (directive.startsWith("auth_basic")) return INSTEAD.basic;
  if (directive.startsWith("auth_")) return INSTEAD.external;
  if (directive.startsWith("limit_")) return INSTEAD.rate;
  return directive === "rewrite" ? INSTEAD.rewrite : undefined;
}

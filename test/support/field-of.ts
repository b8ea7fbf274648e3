import type { Field } from "#src/model/field.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";

/** A value as the field `jwt` of a policy, and what is found wrong with it: code and path. */
export function fieldOf(value: unknown): { readonly field: Field; readonly found: () => readonly string[] } {
  const problems: Problem[] = [];
  const holder = objectAt("HTTPPolicy", "shop/p");
  return {
    field: { value, holder, path: "jwt", problems },
    found: () => problems.map(({ code, at }) => `${code} ${"path" in at ? at.path : ""}`),
  };
}

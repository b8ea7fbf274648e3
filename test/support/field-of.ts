import type { Field } from "#src/model/field.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";

/** A value as a field of a policy, `jwt` by default, and what is found wrong with it; `found`: code and path of each. */
export function fieldOf(
  value: unknown,
  { policy = "shop/p", path = "jwt" }: { readonly policy?: string; readonly path?: string } = {},
): { readonly field: Field; readonly problems: readonly Problem[]; readonly found: () => readonly string[] } {
  const problems: Problem[] = [];
  const holder = objectAt("HTTPPolicy", policy);
  return {
    field: { value, holder, path, problems },
    problems,
    found: () => problems.map(({ code, at }) => `${code} ${"path" in at ? at.path : ""}`),
  };
}

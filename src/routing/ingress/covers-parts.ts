import type { AppliedPart } from "#src/model/path-terms.ts";
import type { PolicyPart } from "#src/model/policies/policy-part.ts";

/** Whether what restricts among the second parts is said by the first ones, too. */
export function coversParts(applied: readonly AppliedPart[] = [], others: readonly PolicyPart[] = []): boolean {
  return others.every(
    ({ name, text, restricts }) => !restricts || applied.some(({ part }) => part.name === name && part.text === text),
  );
}

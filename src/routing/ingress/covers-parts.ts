import type { AppliedPart } from "#src/model/path-terms.ts";

/** Whether what restricts among the second parts is said by the first ones, too. */
export function coversParts(applied: readonly AppliedPart[] = [], others: readonly AppliedPart[] = []): boolean {
  return others.every(
    ({ part }) => !part.restricts || applied.some((one) => one.part.name === part.name && one.part.text === part.text),
  );
}

import type { Problem } from "#src/model/problem.ts";
import type { ProblemCode } from "#src/model/problem-codes.ts";

/** Frames of any machine on the link make one of these up. */
const BY_HEARSAY: ReadonlySet<ProblemCode> = new Set([
  "VIRTUAL_ROUTER_HAS_ADDRESS",
  "ADDRESS_HAS_TWO_OWNERS",
  "ADDRESS_YIELDED",
]);

/**
 * In the order in which they are kept where there is room for some alone: errors first, and behind all others, warnings too, those
 * that any machine on the link can make up. So these push none out.
 */
export function mostTrustedFirst(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((left, right) => place(left) - place(right));
}

function place({ code, severity }: Problem): number {
  return (BY_HEARSAY.has(code) ? 2 : 0) + (severity === "warning" ? 1 : 0);
}

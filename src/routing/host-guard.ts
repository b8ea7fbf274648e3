import type { LocationMatch } from "#src/model/snippets/snippet.ts";
import type { StepBudget } from "#src/pattern/match-program.ts";
import type { Rule } from "./rule.ts";

/** Paths of a host that are answered without an endpoint, whatever its other rules say, as locations of nginx beside those of Ingresses. */
export interface HostGuard {
  readonly match: LocationMatch;
  readonly rule: Rule;
}

/**
 * The rule of the guard for a normalised path, chosen as nginx chooses a location: one of exactly this path, then the first
 * expression that matches, then the longest beginning, where it is not shorter than the path of the rule that was found.
 */
export function guardRule(
  guards: readonly HostGuard[],
  { path, found, budget }: { readonly path: string; readonly found: Rule | undefined; readonly budget: StepBudget },
): Rule | undefined {
  const exact = guards.find(({ match }) => match.kind === "exact" && match.path === path);
  if (exact !== undefined) return exact.rule;
  if (found?.origin.pathType === "Exact") return undefined;
  const expression = guards.find(
    ({ match }) => match.kind === "expression" && budget.left >= 0 && match.pattern.test(path, budget),
  );
  return (expression ?? longestBeginning(guards, path, found?.origin.path.length ?? 0))?.rule;
}

function longestBeginning(guards: readonly HostGuard[], path: string, least: number): HostGuard | undefined {
  let best: HostGuard | undefined;
  for (const guard of guards) {
    const { kind, path: text } = guard.match;
    if (kind !== "prefix" || text.length < least || !path.startsWith(text)) continue;
    if (best === undefined || text.length > best.match.path.length) best = guard;
  }
  return best;
}

import type { LocationMatch } from "#src/model/snippets/snippet.ts";
import { hostMatches } from "#src/pattern/host-pattern.ts";
import type { StepBudget } from "#src/pattern/match-program.ts";
import type { Rule } from "./rule.ts";

/** Paths of a host that are answered without an endpoint, whatever its other rules say, as locations of nginx beside those of Ingresses. */
export interface HostGuard {
  readonly match: LocationMatch;
  readonly rule: Rule;
  /** It redirects, or answers 204: so it takes no requests from paths of older Ingresses of other namespaces. */
  readonly yields: boolean;
}

/** The guards of a host. */
export interface HostGuards {
  readonly all: readonly HostGuard[];
  /** Which of the Ingresses of the host (`namespace/name`) is how old: the oldest is 0. Empty without guards. */
  readonly ranks: ReadonlyMap<string, number>;
}

/** Of a host whose Ingresses have none. */
export const NO_GUARDS: HostGuards = { all: [], ranks: new Map() };

/**
 * The rule of the guard for a normalised path, chosen as nginx chooses a location: one of exactly this path, then the first
 * expression that matches, then the longest beginning, where it is not shorter than the path of the rule that was found.
 */
export function guardRule(
  { all, ranks }: HostGuards,
  { path, found, budget }: { readonly path: string; readonly found: Rule | undefined; readonly budget: StepBudget },
): Rule | undefined {
  const guards = found === undefined ? all : all.filter((guard) => !guard.yields || !isOlder(found, guard.rule, ranks));
  const exact = guards.find(({ match }) => match.kind === "exact" && match.path === path);
  if (exact !== undefined) return exact.rule;
  if (found?.origin.pathType === "Exact") return undefined;
  const expression = guards.find(
    ({ match }) => match.kind === "expression" && budget.left >= 0 && hostMatches(match.pattern, path, budget),
  );
  return (expression ?? longestBeginning(guards, path, found?.origin.path.length ?? 0))?.rule;
}

/** Whether a rule is of an older Ingress than a guard, and of another namespace. */
function isOlder({ origin: found }: Rule, { origin: guard }: Rule, ranks: HostGuards["ranks"]): boolean {
  const rank = ranks.get(found.object);
  return (
    rank !== undefined && rank < ranks.get(guard.object)! && namespaceOf(found.object) !== namespaceOf(guard.object)
  );
}

function namespaceOf(object: string): string {
  return object.slice(0, object.indexOf("/"));
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

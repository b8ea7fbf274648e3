import type { StepBudget } from "#src/pattern/match-program.ts";
import type { PathPattern } from "#src/pattern/path-pattern.ts";
import { literalStart, patternLength } from "./closed-pattern.ts";
import { lastNotAfter, linkNested } from "./nested-texts.ts";
import type { PatternEntry, PatternRoute } from "./route-table.ts";
import type { Rule } from "./rule.ts";

/** An expression that does not yet know its place among the others. */
interface UnlinkedRoute {
  readonly pattern: PathPattern;
  /** Its path is the text of the expression. */
  readonly rule: Rule;
}

/** Puts expressions in order: the longest text first, of equal length the last in the order of texts, as ingress-nginx does. */
export function linkPatternRoutes(routes: readonly UnlinkedRoute[]): readonly PatternEntry[] {
  const ranked = [...routes].sort(compare).map(({ pattern, rule }, rank): PatternRoute & { readonly text: string } => {
    const literal = literalStart(rule.origin.path);
    return { pattern, rank, length: patternLength(rule.origin.path, literal), rule, text: literal.toLowerCase() };
  });
  const byText = Map.groupBy(ranked, ({ text }) => text);
  const entries = Array.from(byText, ([text, group]) => ({ text, routes: group }));
  return linkNested(entries.sort((left, right) => (left.text < right.text ? -1 : 1)));
}

function compare({ rule: left }: UnlinkedRoute, { rule: right }: UnlinkedRoute): number {
  const [one, other] = [left.origin.path, right.origin.path];
  if (one.length !== other.length) return other.length - one.length;
  return one > other ? -1 : Number(one < other);
}

/**
 * The rule whose expression matches a normalised path, the first of them by rank, and not shorter than the path of the rule that was
 * found. An Exact path goes before every expression. Where the budget ends none is found.
 */
export function patternRule(
  entries: readonly PatternEntry[],
  { path, found, budget }: { readonly path: string; readonly found: Rule | undefined; readonly budget: StepBudget },
): Rule | undefined {
  if (found?.origin.pathType === "Exact") return undefined;
  const foundLength = found?.origin.path.length ?? 0;
  const lower = path.toLowerCase();
  const candidates: PatternRoute[] = [];
  for (let entry = lastNotAfter(entries, lower); entry !== undefined; entry = entries[entry.parent])
    if (lower.startsWith(entry.text)) candidates.push(...entry.routes.filter(({ length }) => length >= foundLength));
  candidates.sort((left, right) => left.rank - right.rank);
  return candidates.find(({ pattern }) => budget.left >= 0 && pattern.test(path, budget))?.rule;
}

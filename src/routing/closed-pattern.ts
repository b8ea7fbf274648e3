import { PROOFS_PATH } from "#src/filters/is-proof-path.ts";
import { lastNotAfter, linkNested } from "./nested-texts.ts";
import type { ClosedPattern } from "./route-table.ts";
import type { Rule } from "./rule.ts";

/** Characters that stand for themselves at the beginning of a regular expression, and do so in a normalised path. */
const LITERAL = /^\/[A-Za-z0-9\-_~/]*/;
/** What makes the character before it optional. */
const OPTIONAL = /^[?*{]/;
/** Before an expression for Kong. */
const MARK = /^\/?~(?=\/)/;
const ESCAPE = /\\./g;
const CLASS_START = /\[\^?\]?/y;

/** A pattern that does not yet know its place among the others. */
type UnlinkedPattern = Omit<ClosedPattern, "parent">;

/**
 * What a regular expression in place of a path closes. As in ingress-nginx it is compared from the beginning of the
 * path and without regard to case, and goes before all paths with a shorter text.
 */
export function closedPattern(pattern: string, rule: Rule): UnlinkedPattern {
  const text = literalStart(pattern.replace(MARK, ""));
  return { text: text.toLowerCase(), length: patternLength(pattern, text), rule };
}

/** Puts patterns in order, of each text the longest, and gives each the longest other one that it begins with. */
export function linkPatterns(patterns: readonly UnlinkedPattern[]): readonly ClosedPattern[] {
  const longest = new Map<string, UnlinkedPattern>();
  for (const pattern of patterns) {
    if (pattern.length > (longest.get(pattern.text)?.length ?? -1)) longest.set(pattern.text, pattern);
  }
  return linkNested([...longest.values()].sort((left, right) => (left.text < right.text ? -1 : 1)));
}

/** One without special characters (`text` is all of it) yields to a rule of the same text: that is compared by case. */
export function patternLength(pattern: string, text: string): number {
  if (pattern === "") return Infinity;
  return pattern === text ? pattern.length - 1 : pattern.length;
}

/** The text that each path begins with that an expression could match; `/` where it has alternatives. */
export function literalStart(expression: string): string {
  const text = LITERAL.exec(expression)?.[0] ?? "/";
  if (hasAlternatives(expression)) return "/";
  return OPTIONAL.test(expression.slice(text.length)) ? text.slice(0, -1) || "/" : text;
}

/** Whether there is a `|` outside of all parentheses, or one that quotes, comments and brackets without end hide from us. Linear. */
function hasAlternatives(pattern: string): boolean {
  if (!pattern.includes("|")) return false;
  if (/\\[QE]|\(\?#/.test(pattern)) return true;
  const text = pattern.replaceAll(ESCAPE, "x");
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "[") {
      CLASS_START.lastIndex = at;
      CLASS_START.test(text);
      at = text.indexOf("]", CLASS_START.lastIndex);
      if (at === -1) return true;
    } else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === "|" && depth <= 0) return true;
  }
  return false;
}

/**
 * The closed pattern that may match a normalised path and is not shorter than the rule that was found. An Exact path
 * goes before an expression; before a whole host that is closed, only one for the proof of a certificate.
 */
export function closedRule(
  patterns: readonly ClosedPattern[],
  path: string,
  found: Rule | undefined,
): Rule | undefined {
  const isExact = found?.origin.pathType === "Exact";
  if (isExact && path.startsWith(PROOFS_PATH)) return undefined;
  // Longer than any expression, and shorter than a whole host.
  const foundLength = isExact ? Number.MAX_VALUE : (found?.origin.path.length ?? 0);
  const lower = path.toLowerCase();
  let entry = lastNotAfter(patterns, lower);
  while (entry !== undefined && !(entry.length >= foundLength && lower.startsWith(entry.text)))
    entry = patterns[entry.parent];
  return entry?.rule;
}

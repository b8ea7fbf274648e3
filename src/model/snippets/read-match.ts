import { readHostPattern } from "#src/pattern/host-pattern.ts";
import type { LocationMatch } from "./snippet.ts";

/** Characters of a path that mean themselves, also after it is normalised. */
const PLAIN_PATH = /^\/[A-Za-z0-9\-._~/!$&'()*+,=:@]*$/;

/** Which paths a location is for, of its arguments; undefined where Hawser cannot say it. */
export function readMatch(args: readonly string[]): LocationMatch | undefined {
  const [first = "", second, ...rest] = args;
  if (rest.length > 0) return undefined;
  if (second === undefined) return PLAIN_PATH.test(first) ? { kind: "prefix", path: first } : undefined;
  if (first === "=") return PLAIN_PATH.test(second) ? { kind: "exact", path: second } : undefined;
  if (first === "^~") return PLAIN_PATH.test(second) ? { kind: "prefix", path: second } : undefined;
  return first === "~" || first === "~*" ? matchExpression(second) : undefined;
}

/** The paths that a regular expression matches; undefined where it cannot be compared in linear time. */
export function matchExpression(text: string): LocationMatch | undefined {
  const pattern = readHostPattern(text);
  return "why" in pattern ? undefined : { kind: "expression", path: text, pattern };
}

import type { PathRewrite } from "#src/filters/rule-filters.ts";
import { normalizePath } from "./path.ts";

/**
 * The path that the endpoint gets. `replacePrefix`: with the rule `/web` and the target `/`, `/web/page` becomes `/page`;
 * `replacePath`: the target, whatever came, with what the groups of the rule's expression matched in their places. All paths
 * are normalised; so escapes may be written differently in the result, but never resolve to something else. Undefined where the
 * result would lead out of the target: where what follows the matched text (the rule `/web` of ImplementationSpecific and
 * `/web../page`), or a group, brings a dot segment with it.
 */
export function rewritePath(path: string, matched: string, rewrite: PathRewrite): string | undefined {
  const { kind, target, pattern } = rewrite;
  if (kind === "replacePath") return rewrite.parts === undefined ? target : fill(rewrite.parts, pattern?.groups(path));
  const matchedLength = pattern === undefined ? matched.length : (pattern.groups(path)?.[0]?.length ?? 0);
  const rest = path.slice(matchedLength).replace(/^\//, "");
  if (rest === "") return target;
  if (normalizePath(`/${rest}`) !== `/${rest}`) return undefined;
  return target.endsWith("/") ? target + rest : `${target}/${rest}`;
}

/** A segment of one or two dots. Empty segments are passed on, as nginx does. */
const DOT_SEGMENT = /\/\.\.?(?:\/|$)/;

/** A path without expression has no groups: they are empty then. */
function fill(parts: readonly (string | number)[], groups: readonly string[] | undefined): string | undefined {
  const text = parts.map((part) => (typeof part === "string" ? part : (groups?.[part] ?? ""))).join("");
  const path = text.startsWith("/") ? text : `/${text}`;
  return DOT_SEGMENT.test(path) || normalizePath(path) === undefined ? undefined : path;
}

import type { Rewrite } from "#src/model/annotation-effects.ts";

/**
 * The path that the endpoint gets. `replacePrefix`: with the rule `/web` and the target `/`, `/web/page` becomes `/page`;
 * `replacePath`: the target, whatever came. Both paths are normalised; so escapes may be written differently in the
 * result, but never resolve to something else.
 */
export function rewritePath(path: string, matched: string, { kind, target }: Rewrite): string {
  const rest = kind === "replacePath" ? "" : path.slice(matched.length).replace(/^\//, "");
  if (rest === "") return target;
  return target.endsWith("/") ? target + rest : `${target}/${rest}`;
}

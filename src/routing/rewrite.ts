import type { Rewrite } from "#src/model/annotations/rewrite-target.ts";

import { normalizePath } from "./path.ts";

/**
 * The path that the endpoint gets. `replacePrefix`: with the rule `/web` and the target `/`, `/web/page` becomes `/page`;
 * `replacePath`: the target, whatever came. Both paths are normalised; so escapes may be written differently in the
 * result, but never resolve to something else. Undefined where what follows the matched text would begin with a dot
 * segment (the rule `/web` of ImplementationSpecific and `/web../page`): it would lead out of the target.
 */
export function rewritePath(path: string, matched: string, { kind, target }: Rewrite): string | undefined {
  const rest = kind === "replacePath" ? "" : path.slice(matched.length).replace(/^\//, "");
  if (rest === "") return target;
  if (normalizePath(`/${rest}`) !== `/${rest}`) return undefined;
  return target.endsWith("/") ? target + rest : `${target}/${rest}`;
}

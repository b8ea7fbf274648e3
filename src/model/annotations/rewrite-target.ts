import { complain, type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { INSTEAD } from "./instead.ts";
import { OWN_PREFIXES, PREFIXES } from "./prefixes.ts";

/**
 * From `rewrite-target`; `target` starts with `/`. `replacePrefix`: the matched path is replaced, what follows it stays
 * (the meaning before ingress-nginx 0.22, prefix `ingress.kubernetes.io/`). `replacePath`: the whole path is replaced
 * (the meaning since, prefix `nginx.ingress.kubernetes.io/`; and that of `hawser.dev/`).
 */
export interface Rewrite {
  readonly kind: "replacePrefix" | "replacePath";
  readonly target: string;
}

export const REWRITE_TARGET: ServedAnnotation<Rewrite> = {
  names: ["rewrite-target"],
  doc: "The path that is asked of the Service. It replaces the whole path; under `ingress.kubernetes.io/` the matched prefix",
  served: { prefixes: OWN_PREFIXES, parse: parseRewrite },
  // Of relatives of ingress-nginx: their meaning is not the one that Hawser serves under its own names.
  risks: [{ effect: "reaches-other" }],
  instead: INSTEAD.rewrite,
};

/** A target with groups (`/$1`) needs regular expressions in paths; it is an error: any other reading would lead to other pages. */
function parseRewrite(field: Field): Rewrite | undefined {
  const target = String(field.value).trim();
  const what = `Cannot rewrite to ${quote(target)}`;
  if (/\$\d/.test(target))
    return complain(field, "INGRESS_REGEX_UNSUPPORTED", {
      what,
      why: "it takes groups of a regular expression, and Hawser does not match paths by those yet",
      fix: "Write a target without $1, $2, ...; `ingress.kubernetes.io/rewrite-target: /` replaces the matched prefix",
    });
  if (!/^\/[\x21-\x7e]*$/.test(target) || /[?#]/.test(target))
    return complain(field, "INGRESS_REWRITE_INVALID", {
      what,
      why: "a target is a path: it begins with / and has no blanks, ? or #",
      fix: "Write a path such as /",
    });
  return { kind: field.path.includes(`"${PREFIXES.oldNginx}`) ? "replacePrefix" : "replacePath", target };
}

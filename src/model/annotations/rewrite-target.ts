import { complain, type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { INSTEAD } from "./instead.ts";
import { OWN_PREFIXES, PREFIXES } from "./prefixes.ts";

/**
 * From `rewrite-target`. `replacePrefix`: what the rule matched is replaced, and what follows it stays (the meaning before
 * ingress-nginx 0.22, prefix `ingress.kubernetes.io/`); the target begins with `/`. `replacePath`: the whole path is replaced
 * (the meaning since, prefix `nginx.ingress.kubernetes.io/`; and that of `hawser.dev/`); the target begins with `/` or a
 * group, and `$1` to `$9` in it are what groups of the path's regular expression matched.
 */
export interface Rewrite {
  readonly kind: "replacePrefix" | "replacePath";
  readonly target: string;
}

export const REWRITE_TARGET: ServedAnnotation<Rewrite> = {
  names: ["rewrite-target"],
  doc: "The path that is asked of the Service. It replaces the whole path, and `$1` to `$9` in it are groups of the regular expression that the path is; under `ingress.kubernetes.io/` it replaces the matched prefix",
  served: { prefixes: OWN_PREFIXES, parse: parseRewrite },
  // Of relatives of ingress-nginx: their meaning is not the one that Hawser serves under its own names.
  risks: [{ effect: "reaches-other" }],
  instead: INSTEAD.rewrite,
};

/** Whether a target takes what groups of a regular expression matched. */
export function hasGroups({ kind, target }: Rewrite): boolean {
  return kind === "replacePath" && target.includes("$");
}

function parseRewrite(field: Field): Rewrite | undefined {
  const target = String(field.value).trim();
  const kind = field.path.includes(`"${PREFIXES.oldNginx}`) ? "replacePrefix" : "replacePath";
  if ((kind === "replacePath" ? PATH : PATH_WITHOUT_GROUPS).test(target)) return { kind, target };
  return complain(field, "INGRESS_REWRITE_INVALID", {
    what: `Cannot rewrite to ${quote(target)}`,
    why:
      kind === "replacePath"
        ? "a target is a path: it begins with / and has no blanks, ? or #, and $ only before the number of a group, 1 to 9"
        : "a target is a path: it begins with / and has no blanks, ?, # or $",
    fix: "Write a path such as /, or /$1",
  });
}

const PATH = /^(?:\/|\$[1-9])(?:[\x21\x22\x25-\x3e\x40-\x7e]|\$[1-9])*$/;
const PATH_WITHOUT_GROUPS = /^\/[\x21\x22\x25-\x3e\x40-\x7e]*$/;

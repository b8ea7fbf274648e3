import { firstAnnotation } from "./annotation.ts";
import { complain, descend, entry, type Field, quote } from "./field.ts";

const OURS = "hawser.dev/";
const NGINX = "nginx.ingress.kubernetes.io/";
/** The prefix of ingress-nginx before 0.9, and of many articles. */
const OLD_NGINX = "ingress.kubernetes.io/";

/** Annotations that say who may come in, or how often: without them an Ingress is more open than its writer meant. */
const RESTRICTIONS =
  /^(?:auth-|satisfy$|whitelist-source-range$|allowlist-source-range$|denylist-source-range$|limit-|enable-modsecurity$|modsecurity-|block-|global-rate-limit)/;
/** Annotations after which paths are no longer what they look like. */
const REGEX = new Set(["use-regex"]);
/** What we have, by name without prefix. */
const KNOWN = new Set(["rewrite-target", "ssl-redirect", "force-ssl-redirect"]);

/**
 * From `rewrite-target`; `target` starts with `/`. `replacePrefix`: the matched path is replaced, what follows it stays
 * (the meaning before ingress-nginx 0.22, prefix `ingress.kubernetes.io/`). `replacePath`: the whole path is replaced
 * (the meaning since, prefix `nginx.ingress.kubernetes.io/`; and that of `hawser.dev/`).
 */
export interface Rewrite {
  readonly kind: "replacePrefix" | "replacePath";
  readonly target: string;
}

/**
 * Whether plain requests are sent on to HTTPS. `always`: annotation `force-ssl-redirect`, also where no `tls` entry covers
 * the host. `with-tls` and `never`: annotation `ssl-redirect`. `by-default`: as the program was told.
 */
export type HttpsRedirect = "always" | "with-tls" | "never" | "by-default";

/**
 * Whether an annotation asks for what we do not have and what changes who or what is reached; with a Problem for each.
 * Other annotations of ingress-nginx that we do not have are passed over with a warning.
 */
export function isClosed(root: Field): boolean {
  const annotations = descend(root, "metadata", "annotations");
  let closed = false;
  for (const [key, value] of Object.entries(annotations.value as Readonly<Record<string, string>>)) {
    const prefix = [NGINX, OLD_NGINX, OURS].find((candidate) => key.startsWith(candidate));
    const name = prefix === undefined ? "" : key.slice(prefix.length);
    if (prefix === undefined || KNOWN.has(name)) continue;
    const isOff = value === "false" || value === "";
    const isRestriction = RESTRICTIONS.test(name);
    if (isOff && (isRestriction || REGEX.has(name))) continue;
    const changesMeaning = isRestriction || REGEX.has(name);
    complainOfAnnotation(entry(annotations, key), { isRestriction, changesMeaning });
    closed ||= changesMeaning;
  }
  return closed;
}

function complainOfAnnotation(
  field: Field,
  { isRestriction, changesMeaning }: { readonly isRestriction: boolean; readonly changesMeaning: boolean },
): void {
  if (!changesMeaning) {
    complain(field, "INGRESS_ANNOTATION_UNKNOWN", {
      what: "Passes over this annotation",
      why: "Hawser has nothing of that name",
      fix: "Remove it if you can do without it",
      severity: "warning",
    });
    return;
  }
  complain(field, isRestriction ? "INGRESS_RESTRICTION_UNSUPPORTED" : "INGRESS_REGEX_UNSUPPORTED", {
    what: "Does not serve this Ingress",
    why: isRestriction
      ? "Hawser does not have this restriction yet, and without it the Ingress would be more open than written"
      : "Hawser does not match paths by regular expressions yet",
    fix: isRestriction
      ? "Restrict access at the backend and remove the annotation, or serve it by another class"
      : "Write the paths as Prefix or Exact and remove the annotation",
  });
}

/**
 * Reads `rewrite-target`, under three names of which the first wins. A target with groups (`/$1`) needs regular
 * expressions in paths; it is an error, for any other reading would lead to other pages.
 */
export function readRewrite(root: Field): Rewrite | undefined {
  const field = firstAnnotation(root, namesOf("rewrite-target"));
  if (field === undefined) return undefined;
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
  return { kind: field.path.includes(`"${OLD_NGINX}`) ? "replacePrefix" : "replacePath", target };
}

/** Reads `force-ssl-redirect`, and `ssl-redirect` where that is not set: it wins, as in ingress-nginx. */
export function readHttpsRedirect(root: Field): HttpsRedirect {
  if (readSwitch(root, "force-ssl-redirect") === true) return "always";
  const isOn = readSwitch(root, "ssl-redirect");
  return isOn === undefined ? "by-default" : isOn ? "with-tls" : "never";
}

/** An annotation that is on or off. One that is neither counts as on: its writer asked for it, and plain HTTP is the less safe. */
function readSwitch(root: Field, name: string): boolean | undefined {
  const field = firstAnnotation(root, namesOf(name));
  if (field === undefined) return undefined;
  const text = String(field.value).trim().toLowerCase();
  if (text !== "true" && text !== "false")
    complain(field, "INGRESS_SWITCH_INVALID", {
      what: `Takes ${quote(field.value)} for true`,
      why: "it is neither true nor false",
      fix: 'Write "true" or "false"',
      severity: "warning",
    });
  return text !== "false";
}

function namesOf(name: string): readonly string[] {
  return [OURS, NGINX, OLD_NGINX].map((prefix) => prefix + name);
}

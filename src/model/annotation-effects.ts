import { firstAnnotation } from "./annotation.ts";
import type { ClosedReason } from "./closed-reason.ts";
import { complain, descend, entry, type Field, quote } from "./field.ts";
import { readHost } from "./read-host.ts";
import { type AnnotationRisk, FOREIGN_RISKS, LOOKS_LIKE_RESTRICTION, NGINX_RISKS } from "./annotation-risk.ts";
import { firstRiskyDirective } from "./snippet-directive.ts";

const OURS = "hawser.dev/";
const NGINX = "nginx.ingress.kubernetes.io/";
/** The prefix of ingress-nginx before 0.9, and of many articles. */
const OLD_NGINX = "ingress.kubernetes.io/";
/** Prefixes whose annotations have the names of ingress-nginx. */
const NGINX_PREFIXES = [
  OURS,
  NGINX,
  OLD_NGINX,
  "haproxy-ingress.github.io/",
  "higress.io/",
  "ingress.appscode.com/",
] as const;
/** Annotations that Hawser serves, by name without prefix: switches of all these prefixes, ... */
const SWITCHES = new Set(["ssl-redirect", "force-ssl-redirect"]);
/** ... and of the first three what changes how paths are read. */
const PATH_PREFIXES: readonly string[] = [OURS, NGINX, OLD_NGINX];
const OF_PATHS = new Set(["rewrite-target", "use-regex"]);

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
 * Whether plain requests are redirected to HTTPS. `always`: annotation `force-ssl-redirect`, also where no `tls` entry
 * covers the host. `with-tls` and `never`: annotation `ssl-redirect`. `by-default`: as the program's option says.
 */
export type HttpsRedirect = "always" | "with-tls" | "never" | "by-default";

/** What annotations that Hawser does not serve do to their Ingress. */
export interface AnnotationEffects {
  /** All its paths are closed, for this reason. */
  readonly closed: ClosedReason | undefined;
  /** It is the canary of another Ingress: it takes no requests, and closes nothing. */
  readonly isCanary: boolean;
  /** All paths of its hosts are closed, those of other Ingresses too: the restriction is of the hosts. */
  readonly closesHosts: boolean;
  /** The path `/` alone is closed. */
  readonly closesRoot: boolean;
  /** Hosts that it would serve besides those of its rules. They are closed, unless a rule names them. */
  readonly addedHosts: readonly string[];
  /** `www.` is put before each host, or taken away from it, to have another host that redirects to it. */
  readonly addsWww: boolean;
}

/** Finds what annotations ask for that Hawser does not serve, with a Problem for each. */
export function readAnnotationEffects(root: Field): AnnotationEffects {
  const annotations = descend(root, "metadata", "annotations");
  const texts = annotations.value as Readonly<Record<string, string>>;
  const effects = {
    closed: undefined as ClosedReason | undefined,
    isCanary: false,
    closesHosts: false,
    closesRoot: false,
    addsWww: false,
  };
  const addedHosts: string[] = [];
  for (const [key, text] of Object.entries(texts)) {
    const risk = riskOf(key, text.trim(), texts);
    if (risk === undefined) continue;
    const field = entry(annotations, key);
    switch (risk.effect) {
      case "restriction":
        effects.closed = "closed-restriction";
        effects.closesHosts ||= risk.scope === "host";
        complainOfRestriction(field, risk);
        break;
      case "snippet":
        if (!complainOfSnippet(field, text, risk)) break;
        effects.closed = "closed-restriction";
        effects.closesHosts ||= risk.scope === "host";
        break;
      case "reaches-other":
        effects.closed ??= "closed-unsupported";
        complainOfOther(field, risk, "Closed all paths of this Ingress");
        break;
      case "root":
        effects.closesRoot = true;
        complainOfOther(field, risk, "Closed the path / of this Ingress");
        break;
      case "hosts":
        addedHosts.push(...hostsIn(field, text));
        complainOfOther(field, risk, "Closed the hosts that this annotation adds");
        break;
      case "www-hosts":
        effects.addsWww = true;
        complainOfOther(field, risk, "Closed the hosts that this annotation adds");
        break;
      case "canary":
        effects.isCanary = true;
        complainOfCanary(field);
        break;
      case "fallback":
        complainOfFallback(field);
        break;
      case "ignored":
        complainOfIgnored(field, key);
        break;
    }
  }
  return { ...effects, addedHosts };
}

/** The risk of an annotation; undefined where there is none, or where its value asks for nothing. */
function riskOf(key: string, value: string, texts: Readonly<Record<string, string>>): AnnotationRisk | undefined {
  const prefix = NGINX_PREFIXES.find((candidate) => key.startsWith(candidate));
  const name = prefix === undefined ? key : key.slice(prefix.length);
  const risks = prefix === undefined ? FOREIGN_RISKS : NGINX_RISKS;
  if (prefix !== undefined && isServed(prefix, name)) return undefined;
  const matching = risks.filter((candidate) => candidate.name.test(name));
  if (matching.length === 0) return isIgnored(key, prefix) ? { name: /./, effect: "ignored" } : undefined;
  const siblings = (sibling: string) => texts[`${prefix ?? ""}${sibling}`]?.trim();
  const asks = ({ asks: judge }: AnnotationRisk) => (judge === undefined ? value !== "" : judge(value, siblings));
  // The first name counts, and further entries of the very same name for other values.
  return matching.find((risk) => String(risk.name) === String(matching[0]?.name) && asks(risk));
}

function isServed(prefix: string, name: string): boolean {
  return SWITCHES.has(name) || (OF_PATHS.has(name) && PATH_PREFIXES.includes(prefix));
}

/** Whether a warning tells that an annotation is ignored: one of a known prefix, or one that looks like a restriction. */
function isIgnored(key: string, prefix: string | undefined): boolean {
  return prefix !== undefined || LOOKS_LIKE_RESTRICTION.test(key);
}

function complainOfRestriction(field: Field, risk: AnnotationRisk): void {
  const letsOneFamilyIn = /(?:^|[\s,])(?:0\.0\.0\.0|::)\/0(?:$|[\s,])/.test(String(field.value));
  complain(field, "INGRESS_RESTRICTION_UNSUPPORTED", {
    what: whatIsClosed(risk),
    why: "Hawser does not have this restriction yet, and without it the Ingress would be more open than written",
    fix: letsOneFamilyIn
      ? 'Write "0.0.0.0/0,::/0" if every client may come in, by IPv4 and by IPv6'
      : fixWith(
          "Restrict access at the backend and remove the annotation, or serve the Ingress by another class",
          risk.typed,
        ),
  });
}

function whatIsClosed({ scope }: AnnotationRisk): string {
  return scope === "host" ? "Closed all paths of the hosts of this Ingress" : "Closed all paths of this Ingress";
}

/** Whether a snippet closes its Ingress. */
function complainOfSnippet(field: Field, text: string, risk: AnnotationRisk): boolean {
  const directive = firstRiskyDirective(text);
  if (directive === undefined) {
    complain(field, "INGRESS_ANNOTATION_UNKNOWN", {
      what: "Ignored this snippet",
      why: "Hawser has no nginx; nothing in the snippet restricts who may come in",
      fix: "Remove it if the Ingress works without it",
      severity: "warning",
    });
    return false;
  }
  complain(field, "INGRESS_SNIPPET_UNSUPPORTED", {
    what: whatIsClosed(risk),
    why: `Hawser has no nginx, and line ${directive.line} of the snippet (${quote(directive.text)}) may restrict who comes in or what is reached`,
    fix: fixWith("Remove the line, or serve the Ingress by another class", typedFor(directive.name)),
  });
  return true;
}

/** The annotation that says what a directive of nginx says. */
function typedFor(directive: string): string | undefined {
  if (directive === "deny" || directive === "allow") return "hawser.dev/allowlist-source-range";
  if (directive.startsWith("auth_basic")) return "hawser.dev/auth-type with hawser.dev/auth-secret";
  if (directive.startsWith("auth_")) return "hawser.dev/auth-url";
  if (directive.startsWith("limit_")) return "hawser.dev/limit-rps";
  return directive === "rewrite" ? "hawser.dev/rewrite-target" : undefined;
}

function complainOfOther(field: Field, { typed }: AnnotationRisk, what: string): void {
  complain(field, "INGRESS_ANNOTATION_UNSUPPORTED", {
    what,
    why: "Hawser does not serve this annotation yet, and without it requests would reach something else than written",
    fix: fixWith("Remove the annotation if they may, or serve the Ingress by another class", typed),
  });
}

function complainOfCanary(field: Field): void {
  complain(field, "INGRESS_CANARY_UNSUPPORTED", {
    what: "This Ingress gets no requests",
    why: "it is a canary, and Hawser does not divide requests between Ingresses yet",
    fix: "Remove the canary; the other Ingress of this host and path serves all requests",
  });
}

function complainOfFallback(field: Field): void {
  complain(field, "INGRESS_ANNOTATION_UNKNOWN", {
    what: "Ignored this default backend",
    why: "Hawser answers 503 where the Service of a path has no ready endpoint",
    fix: "Remove the annotation if that answer will do",
    severity: "warning",
  });
}

function complainOfIgnored(field: Field, key: string): void {
  const isForeign = NGINX_PREFIXES.every((prefix) => !key.startsWith(prefix));
  complain(field, "INGRESS_ANNOTATION_UNKNOWN", {
    what: "Ignored this annotation",
    why: isForeign ? "Hawser does not know it, though its name speaks of a restriction" : "Hawser does not support it",
    fix: isForeign ? "Restrict access at the backend if it has to be" : "Remove it if the Ingress works without it",
    severity: "warning",
  });
}

function fixWith(fix: string, typed: string | undefined): string {
  if (typed === undefined) return fix;
  return isServed(OURS, typed.slice(OURS.length))
    ? `${fix}, or write ${typed} instead`
    : `${fix}. In a later version ${typed} will do the same`;
}

/** The names in a list of hosts; those that are patterns are not found by any request here, and left out. */
function hostsIn(field: Field, text: string): readonly string[] {
  const texts = text.split(/[\s,]+/);
  return texts.flatMap((value) => readHost({ ...field, value, problems: [] }) || []);
}

/**
 * Whether the paths of an Ingress are regular expressions where they can be: `use-regex`, or `rewrite-target` of
 * ingress-nginx.
 */
export function usesRegex(root: Field): boolean {
  const rewrite = firstAnnotation(root, namesOf("rewrite-target"));
  return readSwitch(root, "use-regex") === true || rewrite?.path.includes(`"${NGINX}`) === true;
}

/**
 * Reads `rewrite-target`, under three names of which the first wins. A target with groups (`/$1`) needs regular
 * expressions in paths; it is an error, because any other reading would lead to other pages.
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
  const prefixes = SWITCHES.has(name) ? NGINX_PREFIXES : PATH_PREFIXES;
  const field = firstAnnotation(
    root,
    prefixes.map((prefix) => prefix + name),
  );
  if (field === undefined) return undefined;
  const text = String(field.value).trim().toLowerCase();
  if (text !== "true" && text !== "false")
    complain(field, "INGRESS_SWITCH_INVALID", {
      what: `Read ${quote(field.value)} as true`,
      why: "it is neither true nor false",
      fix: 'Write "true" or "false"',
      severity: "warning",
    });
  return text !== "false";
}

function namesOf(name: string): readonly string[] {
  return PATH_PREFIXES.map((prefix) => prefix + name);
}

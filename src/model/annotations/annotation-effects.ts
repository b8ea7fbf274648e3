import type { ClosedReason } from "#src/model/closed-reason.ts";
import { complain, descend, entry, type Field, quote } from "#src/model/field.ts";
import { readHost } from "#src/model/read-host.ts";
import { firstRiskyDirective } from "#src/model/snippets/snippet-directive.ts";
import type { AnnotationEffect, AnnotationRecord } from "./annotation-record.ts";
import { annotationRecord } from "./annotation-table.ts";
import { fixWith } from "./fix-with.ts";
import { NGINX_PREFIXES, OWN_PREFIXES } from "./prefixes.ts";
import { settingUnreadable } from "./setting-unreadable.ts";
import { snippetCloses } from "./snippet-closes.ts";
import { splitKey } from "./split-key.ts";
import { whatIsClosed } from "./what-is-closed.ts";

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

/** Of an Ingress whose annotations Hawser serves, or which ask for nothing. */
export const NO_EFFECTS: AnnotationEffects = {
  closed: undefined,
  isCanary: false,
  closesHosts: false,
  closesRoot: false,
  addedHosts: [],
  addsWww: false,
};

/**
 * Finds what annotations ask for that Hawser does not serve, with a Problem for each. Those that it serves, but whose values
 * are `unreadable`, do the same; they have their Problem already.
 */
export function readAnnotationEffects(root: Field, unreadable: ReadonlySet<AnnotationRecord>): AnnotationEffects {
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
    const written = writtenAs(key, text);
    complainOfForm(annotations, written);
    const asked = askedBy(written, texts, unreadable);
    if (asked === undefined) continue;
    const field = asked.isTold ? { ...entry(annotations, key), problems: [] } : entry(annotations, key);
    switch (asked.effect) {
      case "restriction":
        effects.closed = "closed-restriction";
        effects.closesHosts ||= asked.scope === "host";
        complainOfRestriction(field, asked);
        break;
      case "snippet":
        if (!complainOfSnippet(field, text, asked)) break;
        effects.closed = "closed-restriction";
        effects.closesHosts ||= asked.scope === "host";
        break;
      case "reaches-other":
        effects.closed ??= "closed-unsupported";
        complainOfOther(field, asked, "Closed all paths of this Ingress");
        break;
      case "root":
        effects.closesRoot = true;
        complainOfOther(field, asked, "Closed the path / of this Ingress");
        break;
      case "hosts":
        addedHosts.push(...hostsIn(field, text));
        complainOfOther(field, asked, "Closed the hosts that this annotation adds");
        break;
      case "www-hosts":
        effects.addsWww = true;
        complainOfOther(field, asked, "Closed the hosts that this annotation adds");
        break;
      case "canary":
        effects.isCanary = true;
        complainOfCanary(field);
        break;
      case "fallback":
        complainOfFallback(field);
        break;
      case "ignored":
        complainOfIgnored(field, written);
        break;
    }
  }
  return { ...effects, addedHosts };
}

/** What an annotation asks for that Hawser does not serve. */
interface Asked extends Pick<AnnotationRecord, "scope" | "instead"> {
  readonly effect: AnnotationEffect;
  /** There is a Problem of it already. */
  readonly isTold: boolean;
}

/** An annotation that an Ingress has. */
interface Written {
  readonly key: string;
  readonly prefix: string;
  /** Without blanks around it. */
  readonly value: string;
  /** What the table knows of it. */
  readonly record: AnnotationRecord | undefined;
}

function writtenAs(key: string, text: string): Written {
  const [prefix, name] = splitKey(key);
  return { key, prefix, value: text.trim(), record: annotationRecord(prefix, name) };
}

/** An annotation that need not do anything, and whose value is none that it can have. */
function complainOfForm(annotations: Field, { key, prefix, value, record }: Written): void {
  const form = OWN_PREFIXES.includes(prefix) ? record?.form : undefined;
  if (form === undefined || value === "" || form.fits(value)) return;
  settingUnreadable(entry(annotations, key), {
    what: `Ignored ${quote(value)}`,
    why: "it is not a value of this annotation, which does nothing here",
    fix: form.fix,
  });
}

/** Names that speak of a restriction, of prefixes that Hawser does not know: a person has to look. */
const LOOKS_LIKE_RESTRICTION =
  /\/(?:.*[-._])?(?:access-control|access-polic(?:y|ies)|security-polic(?:y|ies)|allowed-(?:users|groups|domains|ips)|firewall|m-?tls|client-cert\w*|auth|oauth2?|oidc|jwt|basic-?auth|forward-?auth|whitelist|allow-?list|deny-?list|blacklist|blocklist|source-ranges?|acl|waf|middlewares?|rate-?limit\w*)(?:[-._].*)?$/i;

/** Undefined where Hawser serves the annotation, or its value asks for nothing. */
function askedBy(
  { key, prefix, value, record }: Written,
  texts: Readonly<Record<string, string>>,
  unreadable: ReadonlySet<AnnotationRecord>,
): Asked | undefined {
  const isServed = record?.served?.prefixes.includes(prefix) === true;
  const isTold = isServed && unreadable.has(record);
  if ((isServed && !isTold) || record?.needless !== undefined) return undefined;
  if (record?.risks === undefined) {
    const isIgnored = !isTold && (NGINX_PREFIXES.includes(prefix) || LOOKS_LIKE_RESTRICTION.test(key));
    return isIgnored ? { effect: "ignored", isTold } : undefined;
  }
  // Those that Hawser serves count together, under whichever of its prefixes each of them is.
  const prefixes = OWN_PREFIXES.includes(prefix) ? OWN_PREFIXES : [prefix];
  const siblings = (sibling: string) => prefixes.map((one) => texts[one + sibling]?.trim()).find((text) => text);
  const risk = record.risks.find(({ asks }) => (asks === undefined ? value !== "" : asks(value, siblings)));
  return risk && { ...record, effect: risk.effect, isTold };
}

function complainOfRestriction(field: Field, asked: Asked): void {
  const letsOneFamilyIn = /(?:^|[\s,])(?:0\.0\.0\.0|::)\/0(?:$|[\s,])/.test(String(field.value));
  complain(field, "INGRESS_RESTRICTION_UNSUPPORTED", {
    what: whatIsClosed(asked.scope),
    why: "Hawser does not have this restriction yet, and without it the Ingress would be more open than written",
    fix: letsOneFamilyIn
      ? 'Write "0.0.0.0/0,::/0" if every client may come in, by IPv4 and by IPv6'
      : fixWith(
          "Restrict access at the backend and remove the annotation, or serve the Ingress by another class",
          asked.instead,
        ),
  });
}

/** Whether a snippet closes its Ingress. */
function complainOfSnippet(field: Field, text: string, asked: Asked): boolean {
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
  snippetCloses(field, asked.scope, directive);
  return true;
}

function complainOfOther(field: Field, { instead }: Asked, what: string): void {
  complain(field, "INGRESS_ANNOTATION_UNSUPPORTED", {
    what,
    why: "Hawser does not serve this annotation yet, and without it requests would reach something else than written",
    fix: fixWith("Remove the annotation if they may, or serve the Ingress by another class", instead),
  });
}

function complainOfCanary(field: Field): void {
  complain(field, "INGRESS_CANARY_UNSUPPORTED", {
    what: "This Ingress gets no requests",
    why: "it is a canary by this annotation, and Hawser does not divide requests in this way yet",
    fix: "Remove the annotation, or the canary; the other Ingress of this host and path serves all requests",
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

function complainOfIgnored(field: Field, { key, record }: Written): void {
  const isForeign = NGINX_PREFIXES.every((prefix) => !key.startsWith(prefix));
  complain(field, "INGRESS_ANNOTATION_UNKNOWN", {
    what: "Ignored this annotation",
    why: isForeign
      ? "Hawser does not know it, though its name speaks of a restriction"
      : (record?.lacks?.why ?? "Hawser does not support it"),
    fix: isForeign
      ? "Restrict access at the backend if it has to be"
      : (record?.lacks?.fix ?? "Remove it if the Ingress works without it"),
    severity: "warning",
  });
}

/** The names in a list of hosts; those that are patterns are not found by any request here, and left out. */
function hostsIn(field: Field, text: string): readonly string[] {
  const texts = text.split(/[\s,]+/);
  return texts.flatMap((value) => readHost({ ...field, value, problems: [] }) || []);
}

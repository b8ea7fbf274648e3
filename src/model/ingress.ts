import { annotationText } from "./annotation.ts";
import {
  child,
  complain,
  complainMissing,
  descend,
  entry,
  type Field,
  isUnset,
  readList,
  readMap,
  readText,
} from "./field.ts";
import type { ClosedReason } from "./closed-reason.ts";
import { type AnnotationEffects, NO_EFFECTS, readAnnotationEffects } from "./annotations/annotation-effects.ts";
import type { AnnotationRecord } from "./annotations/annotation-record.ts";
import { complainOfNoCanary } from "./annotations/canary.ts";
import { type IngressSettings, readSettings } from "./annotations/ingress-settings.ts";
import { hostRedirect, redirectOf, rootRedirectOf } from "./annotations/redirects.ts";
import { lacksPassthrough } from "./annotations/ssl-passthrough.ts";
import { usesRegex } from "./annotations/use-regex.ts";
import { readBackend } from "./ingress-backend.ts";
import { meantHost, readHost } from "./read-host.ts";
import { answeredBy, type IngressPath, type IngressTarget, type PathContext, readPaths } from "./ingress-path.ts";
import { isDnsSubdomain } from "./name.ts";
import type { PathTerms } from "./path-terms.ts";
import type { SnippetAnswer } from "./snippets/snippet.ts";
import { keyOf, type KubeObject, rootField } from "./object.ts";
import type { Parsed, Problem } from "./problem.ts";
import type { HttpsRedirectStatus, SettingsOfAll } from "./settings-of-all.ts";

interface IngressRule {
  /**
   * Lower case; empty for the catch-all; `*.example.com` for one label. Of a rule whose host cannot be used, what its
   * text means, or the text itself: its paths are closed.
   */
  readonly host: string;
  readonly paths: readonly IngressPath[];
  /** The place of the first path of which not even the text can be read, where nothing restricts it. */
  readonly unread?: string;
  /** An annotation adds the host, and Hawser does not serve it. A host that any rule names is not touched. */
  readonly isAdded?: true;
  /** Of a host that an annotation adds, or an expression for hosts (`~` and its text): all that this host has serves it, too. */
  readonly aliasOf?: string;
}

interface IngressTls {
  readonly hosts: readonly string[];
  readonly secretName: string | undefined;
}

/** An Ingress, strictly read, from any of networking.k8s.io/v1, networking.k8s.io/v1beta1 and extensions/v1beta1. */
export interface Ingress {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  /** `spec.ingressClassName`, else the annotation `kubernetes.io/ingress.class`; undefined where neither is set. */
  readonly className: string | undefined;
  /** Why nothing of it is served, though it can be read: it keeps its hosts, paths and certificates. */
  readonly closed: ClosedReason | undefined;
  readonly defaultBackend: IngressTarget | undefined;
  /** The terms of requests for the default backend, where policies are attached to it. */
  readonly defaultTerms?: PathTerms;
  /** Its paths may be regular expressions; for ingress-nginx all paths of its hosts then are, those of other Ingresses too. */
  readonly usesRegex?: true;
  /** Its settings say who may come in, or how often: no other rule takes requests that may be meant for its paths. */
  readonly isRestricted?: true;
  /** What holds for the paths of all Ingresses. */
  readonly ofAll?: SettingsOfAll;
  readonly rules: readonly IngressRule[];
  readonly tls: readonly IngressTls[];
  readonly settings: IngressSettings;
  /** All terms that its paths have, where policies are attached to any of them. */
  readonly ownTerms?: readonly PathTerms[];
}

/** What the program's options say of how Ingresses are read. */
export interface IngressReading {
  /** TLS is passed on unread where Ingresses ask for it (`--ssl-passthrough`); false by default. */
  readonly passesTls?: boolean | undefined;
}

/** An IngressClass, strictly read. */
export interface IngressClass {
  readonly name: string;
  readonly createdMs: number;
  readonly controller: string;
  /** Annotation `ingressclass.kubernetes.io/is-default-class: "true"`: for Ingresses that name no class. */
  readonly isDefault: boolean;
}

export const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const DEFAULT_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";
const API_VERSION = "networking.k8s.io/v1";

/**
 * Reads an Ingress of any version. What cannot be served as written is closed, with a Problem: its path, or all paths of
 * an Ingress that asks for a restriction or for another destination that Hawser does not have. So no other rule serves
 * what its writer meant to protect or to send elsewhere. A canary, and an Ingress without any readable rule, closes nothing.
 */
export function parseIngress(object: KubeObject, { passesTls = false }: IngressReading = {}): Parsed<Ingress> {
  const root = rootField(object);
  const { problems } = root;
  const spec = child(root, "spec");
  const isV1 = object.apiVersion === API_VERSION;
  const rulesField = child(spec, "rules");
  const backendField = child(spec, isV1 ? "defaultBackend" : "backend");
  const { settings, isRestricted, unreadable } = readSettings(root);
  const effects = settings.canary === true ? canaryEffects(root, unreadable) : readAnnotationEffects(root, unreadable);
  if (settings.canary !== true) complainOfNoCanary(root);
  if (effects.isCanary || !canRead(spec, rulesField, backendField)) return { ok: false, problems };
  // For the requests of a canary what its main Ingress says holds.
  const others = settings.canary === true ? {} : settings;
  const isUnpassed = others.sslPassthrough === true && lacksPassthrough(root, rulesField, passesTls);
  const isUnread = object.metadata.hasUnreadableAnnotations === true;
  const closed = effects.closed ?? (isUnread ? "closed-unreadable" : isUnpassed ? "closed-unsupported" : undefined);
  const context = { isV1, closed, isRestricted, usesRegex: usesRegex(root, settings), answer: answerOf(others) };
  const { namespace, name, createdMs } = object.metadata;
  const value: Ingress = {
    key: keyOf(object.metadata),
    namespace,
    name,
    createdMs,
    className: readClassName(root),
    closed,
    defaultBackend: isUnset(backendField) ? undefined : readDefaultBackend(backendField, context),
    rules: withEffects(
      readList(rulesField).flatMap((field) => readRule(field, context) ?? []),
      { ...effects, redirectStatus: object.metadata.ofAll?.redirectStatus },
      closed === undefined ? others : aliasAlone(others),
    ),
    // The host is the main Ingress's, and so is its certificate.
    tls: settings.canary === true ? [] : readList(child(spec, "tls")).flatMap((field) => readTls(field) ?? []),
    settings,
    ...(context.usesRegex ? { usesRegex: true } : {}),
    ...(isRestricted ? { isRestricted: true } : {}),
    ...(object.metadata.ofAll && { ofAll: object.metadata.ofAll }),
  };
  return { ok: true, value, problems };
}

/**
 * What annotations of a canary do that Hawser does not serve: nothing, as those that it serves (of balancing excepted), because
 * those of the main Ingress hold for its requests. Where they would restrict or redirect there is a warning.
 */
function canaryEffects(root: Field, unreadable: ReadonlySet<AnnotationRecord>): AnnotationEffects {
  const problems: Problem[] = [];
  const { isCanary } = readAnnotationEffects({ ...root, problems }, unreadable);
  const text = {
    what: "Ignored this annotation",
    why: "the Ingress is a canary, for whose requests the annotations of the main Ingress hold",
    fix: "Write it into the main Ingress, or remove it",
    severity: "warning",
  } as const;
  for (const problem of problems)
    root.problems.push(
      problem.code === "INGRESS_CANARY_UNSUPPORTED"
        ? problem
        : { ...problem, ...text, code: "INGRESS_ANNOTATION_UNKNOWN" },
    );
  return { ...NO_EFFECTS, isCanary };
}

/** What all requests of an Ingress are answered with: a redirect, then what its snippet says. */
function answerOf(settings: IngressSettings): SnippetAnswer | undefined {
  const redirect = redirectOf(settings);
  return redirect === undefined ? settings.configurationSnippet?.answer : { kind: "redirect", redirect };
}

/** Whether an Ingress has rules or a default backend; a Problem where it has not. */
function canRead(spec: Field, rules: Field, backend: Field): boolean {
  if (isUnset(spec)) complainMissing(spec, "Write spec with rules");
  if (!readMap(spec)) return false;
  if (!isUnset(rules) || !isUnset(backend)) return true;
  complain(spec, "INGRESS_EMPTY", {
    what: "Cannot serve this Ingress",
    why: "it has neither rules nor a default backend",
    fix: `Write spec.rules or ${backend.path}`,
  });
  return false;
}

function readDefaultBackend(field: Field, { isV1, closed, answer }: PathContext): IngressTarget {
  const backend = readBackend(field, isV1);
  if (closed !== undefined) return { closed };
  return answer === undefined ? (backend ?? { closed: "closed-unreadable" }) : answeredBy(answer);
}

/** Stands for all paths of a host. */
const WHOLE_HOST: IngressPath = {
  path: "",
  pathType: "ImplementationSpecific",
  isPattern: true,
  target: { closed: "closed-restriction" },
  at: "metadata.annotations",
};

/** The rules with what annotations close or redirect besides: whole hosts, the path `/`, and hosts that they add. */
function withEffects(
  rules: readonly IngressRule[],
  {
    closesHosts,
    closesRoot,
    addedHosts,
    addsWww,
    redirectStatus,
  }: AnnotationEffects & { readonly redirectStatus: HttpsRedirectStatus | undefined },
  settings: IngressSettings,
): readonly IngressRule[] {
  const target = { closed: "closed-unsupported" } as const;
  const toRoot = rootRedirectOf(settings);
  const root: IngressPath = {
    path: "/",
    pathType: "Exact",
    target: closesRoot || toRoot === undefined ? target : { redirect: toRoot },
    at: "metadata.annotations",
  };
  const closing = rules.map((rule) => ({
    ...rule,
    paths: [...(closesHosts ? [WHOLE_HOST] : []), ...(closesRoot || toRoot !== undefined ? [root] : []), ...rule.paths],
  }));
  const added = new Map<string, IngressTarget>(addedHosts.map((host) => [host, target]));
  for (const host of settings.serverAlias?.closed ?? []) added.set(host, target);
  for (const { host } of rules) {
    const other = host.startsWith("www.") ? host.slice("www.".length) : `www.${host}`;
    if (!isDnsSubdomain(other)) continue;
    if (settings.fromToWww === true) added.set(other, { redirect: hostRedirect(host, redirectStatus) });
    if (addsWww) added.set(other, target);
  }
  return [
    ...closing,
    ...Array.from(added, ([host, one]) => ({
      host,
      paths: [{ ...root, pathType: "Prefix" as const, target: one }],
      isAdded: true as const,
    })),
    ...aliasRules(rules, settings),
  ];
}

/** What of the settings counts for a closed Ingress. */
function aliasAlone({ serverAlias }: IngressSettings): IngressSettings {
  return serverAlias === undefined ? {} : { serverAlias };
}

/** The further names of the first host. They are served as that is even where the Ingress is closed: its paths are closed there, too. */
function aliasRules(rules: readonly IngressRule[], { serverAlias }: IngressSettings): readonly IngressRule[] {
  const [first] = rules;
  if (first === undefined || serverAlias === undefined) return [];
  const own = new Set(rules.map(({ host }) => host));
  return serverAlias.hosts
    .filter((host) => !own.has(host))
    .map((host) => ({ host, paths: [], isAdded: true, aliasOf: first.host }));
}

/** The class that an Ingress names, even one that cannot be read otherwise: whose it is decides who may speak of it. */
export function ingressClassName(object: KubeObject): string | undefined {
  return readClassName({ ...rootField(object), problems: [] });
}

/** Reads an IngressClass. */
export function parseIngressClass(object: KubeObject): Parsed<IngressClass> {
  const root = rootField(object);
  const field = descend(root, "spec", "controller");
  const controller = readText(field);
  if (isUnset(field))
    complainMissing(field, "Write spec.controller: hawser.dev/ingress to have Hawser serve the class");
  const { problems } = root;
  if (controller === undefined) return { ok: false, problems };
  const isDefault = annotationText(root, [DEFAULT_CLASS_ANNOTATION]) === "true";
  const { name, createdMs } = object.metadata;
  return { ok: true, value: { name, createdMs, controller, isDefault }, problems };
}

/** The field wins over the annotation. */
function readClassName(root: Field): string | undefined {
  const field = descend(root, "spec", "ingressClassName");
  const text = readText(field);
  const annotated = annotationText(root, [CLASS_ANNOTATION]);
  if (text === undefined || text === "") return annotated;
  if (annotated !== undefined && annotated !== text)
    complain(entry(descend(root, "metadata", "annotations"), CLASS_ANNOTATION), "INGRESS_CLASS_TWICE", {
      what: `Ignored the class ${JSON.stringify(annotated)}`,
      why: `spec.ingressClassName is ${JSON.stringify(text)} and wins`,
      fix: "Remove the annotation",
      severity: "warning",
    });
  return text;
}

/** Reads a rule; one without paths leaves its host to the default backend. */
function readRule(field: Field, context: PathContext): IngressRule | undefined {
  if (!readMap(field)) return undefined;
  const hostField = child(field, "host");
  const host = readHost(hostField);
  const meant = host ?? meantHost(hostField);
  if (meant === undefined) return undefined;
  const inner = host === undefined ? { ...context, closed: context.closed ?? ("closed-unreadable" as const) } : context;
  return { host: meant, ...readPaths(child(field, "http"), inner) };
}

/**
 * Reads a TLS entry. One whose Secret cannot be used keeps its hosts: they are redirected to HTTPS, and have the default
 * certificate.
 */
function readTls(field: Field): IngressTls | undefined {
  if (!readMap(field)) return undefined;
  const listed = readList(child(field, "hosts"));
  const hosts = listed.flatMap((host) => readHost(host) || []);
  // Without any host it would be for all hosts of the rules.
  if (listed.length > 0 && hosts.length === 0) return undefined;
  const secretField = child(field, "secretName");
  const secretName = readText(secretField);
  if (secretName === undefined || secretName === "") return { hosts, secretName: undefined };
  if (isDnsSubdomain(secretName)) return { hosts, secretName };
  complain(secretField, "FIELD_INVALID", {
    what: `Cannot use the Secret ${JSON.stringify(secretName.slice(0, 120))}`,
    why: "it is not a name of a Secret, which must be in the namespace of the Ingress",
    fix: "Write the name alone",
  });
  return { hosts, secretName: undefined };
}

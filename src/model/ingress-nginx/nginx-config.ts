import type { AnnotationRecord, ServedAnnotation } from "#src/model/annotations/annotation-record.ts";
import { annotationRecord } from "#src/model/annotations/annotation-table.ts";
import { ASKS } from "#src/model/annotations/asks.ts";
import { OWN_PREFIXES, PREFIXES } from "#src/model/annotations/prefixes.ts";
import { servedField } from "#src/model/annotations/served-field.ts";
import type { BlockedRequests } from "#src/model/blocked-requests.ts";
import { commaList } from "#src/model/comma-list.ts";
import { child, complain, entry, type Field, quote, readText } from "#src/model/field.ts";
import { type KubeObject, rootField } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { readNamespacedName } from "#src/model/read-namespaced-name.ts";
import { recordOf } from "#src/model/record.ts";
import { HTTPS_REDIRECT_STATUSES, type HttpsRedirectStatus, type SettingsOfAll } from "#src/model/settings-of-all.ts";
import { complainOfKey, type IsInForce } from "./complain-of-key.ts";
import { globalAnnotationOf, isReadFromConfigMap, judgeSetting } from "./judge-setting.ts";
import type { KeyField } from "./key-field.ts";
import { type ProgramSettings, readProgramSettings } from "./program-settings.ts";
import { readBlocks } from "./read-blocks.ts";

/** An annotation that each Ingress has that does not say otherwise. */
interface GlobalAnnotation {
  readonly record: AnnotationRecord;
  readonly value: string;
}

/** What a ConfigMap of ingress-nginx says of all Ingresses. */
export interface NginxConfig {
  readonly annotations: readonly GlobalAnnotation[];
  /** What holds for the paths of all Ingresses besides annotations. */
  readonly ofAll: SettingsOfAll;
  /** What it says of the program as a whole. */
  readonly program: ProgramSettings;
  /** The ConfigMap (`namespace/name`) with header fields of all answers. */
  readonly addHeaders: string | undefined;
  /** The one with header fields of all requests to endpoints. */
  readonly setHeaders: string | undefined;
  /** Requests that are answered 403; undefined: none. */
  readonly blocked: BlockedRequests | undefined;
  /** What of these restricts cannot be read. */
  readonly closesAll: boolean;
  readonly problems: readonly Problem[];
}

const OF_GLOBAL_AUTH = /^auth-/;
/** The path of each rule is compared with all of them. */
const MAX_PATHS = 64;

/**
 * Reads a ConfigMap as ingress-nginx has it. `isInForce`: whether the program does what a flag says; unknown: of keys that are options nothing is said. A restriction that cannot be read is
 * given to the Ingresses as it is, which closes them; one that Hawser has not at all is an error.
 */
export function readNginxConfig(object: KubeObject, isInForce: IsInForce): NginxConfig {
  const root = rootField(object);
  const settings = readSettings(child(root, "data"));
  const annotations: GlobalAnnotation[] = [];
  for (const [key, field] of settings) {
    const { value } = field;
    const record = globalAnnotationOf(key);
    if (record !== undefined && isUsable(field, record)) annotations.push({ record, value });
    if (!isReadFromConfigMap(key)) complainOfKey(field, judgeSetting("key", key, value), isInForce);
  }
  const snippet = settings.get("global-auth-snippet");
  // What the service would be asked is unknown: Ingresses that have it asked are closed.
  const authSnippet = annotationRecord(PREFIXES.nginx, "auth-snippet");
  if (snippet !== undefined && authSnippet !== undefined && settings.has("global-auth-url"))
    annotations.push({ record: authSnippet, value: snippet.value });
  const blocked = readBlocks(settings);
  const setHeaders = readConfigMapName(settings.get("proxy-set-headers"), "Closed all Ingresses");
  const addHeaders = readConfigMapName(settings.get("add-headers"), "Answers do not get its header fields");
  return {
    annotations,
    ofAll: {
      noAuthPaths: readPaths(settings.get("no-auth-locations"), "no path is excepted from sign-in by it"),
      plainPaths: readPaths(settings.get("no-tls-redirect-locations"), "all paths are redirected to HTTPS"),
      redirectStatus: readRedirectStatus(settings.get("http-redirect-code")),
    },
    program: readProgramSettings(settings),
    addHeaders,
    setHeaders,
    blocked: blocked === "unreadable" ? undefined : blocked,
    closesAll: (settings.has("proxy-set-headers") && setHeaders === undefined) || blocked === "unreadable",
    problems: root.problems,
  };
}

/** The keys whose values are not blank. */
function readSettings(data: Field): ReadonlyMap<string, KeyField> {
  return new Map(
    Object.keys(recordOf(data.value)).flatMap((key) => {
      const field = entry(data, key);
      const value = readText(field)?.trim() ?? "";
      return value === "" ? [] : [[key, { ...field, value }] as const];
    }),
  );
}

/** The ConfigMap (`namespace/name`) that a key names; undefined where it is not there, or with a Problem that says `what` comes of it. */
function readConfigMapName(field: KeyField | undefined, what: string): string | undefined {
  if (field === undefined || readNamespacedName("", field.value).ok) return field?.value;
  return complain(field, "NGINX_KEY_INVALID", {
    what,
    why: `${quote(field.value)} is not NAMESPACE/NAME of a ConfigMap`,
    fix: "Write the namespace and the name of the ConfigMap, such as ingress-nginx/headers",
    severity: "error",
  });
}

function readRedirectStatus(field: KeyField | undefined): HttpsRedirectStatus | undefined {
  const status = HTTPS_REDIRECT_STATUSES.find((one) => String(one) === field?.value);
  if (field === undefined || status !== undefined) return status;
  return complain(field, "NGINX_KEY_INVALID", {
    what: "Ignored this key: redirects to HTTPS are 308",
    why: `${quote(field.value)} is not one of ${HTTPS_REDIRECT_STATUSES.join(", ")}`,
    fix: `Write one of ${HTTPS_REDIRECT_STATUSES.join(", ")}`,
    severity: "warning",
  });
}

/** What the paths of rules begin with. `otherwise`: what comes of it where that cannot be read. */
function readPaths(field: KeyField | undefined, otherwise: string): readonly string[] {
  if (field === undefined) return [];
  const paths = commaList(field.value);
  if (paths.length <= MAX_PATHS && paths.every((path) => path.startsWith("/"))) return paths;
  complain(field, "NGINX_KEY_INVALID", {
    what: `Ignored this key: ${otherwise}`,
    why: `it is not a list of at most ${MAX_PATHS} paths that begin with /`,
    fix: "Write paths such as /health,/metrics",
    severity: "warning",
  });
  return [];
}

/** Whether Ingresses get an annotation with this value: what restricts also where it cannot be read. */
function isUsable(field: KeyField, record: ServedAnnotation<unknown>): boolean {
  const path = `metadata.annotations[${JSON.stringify(PREFIXES.nginx + record.names[0])}]`;
  const problems: Problem[] = [];
  if (record.served.parse({ ...field, path, problems }) !== undefined) return true;
  const isRestriction = record.risks?.some(({ effect }) => effect === "restriction") === true;
  const [{ why, fix } = { why: "it cannot be read", fix: "Write another value" }] = problems;
  complain(field, "NGINX_KEY_INVALID", {
    what: isRestriction ? "Closed all Ingresses that do not have the annotation" : `Ignored ${quote(field.value)}`,
    why,
    fix,
    severity: isRestriction ? "error" : "warning",
  });
  return isRestriction;
}

/**
 * An Ingress with what the ConfigMap says of it: the annotations that it does not have itself under any name, and which paths ask for
 * no sign-in. Of `global-auth-*` none where it names a service of its own, or says `enable-global-auth: "false"`.
 */
export function withNginxConfig(
  object: KubeObject,
  { annotations, ofAll }: Pick<NginxConfig, "annotations" | "ofAll">,
): KubeObject {
  const more = addedTo(object, annotations);
  const saysMore = ofAll.noAuthPaths.length + ofAll.plainPaths.length > 0 || ofAll.redirectStatus !== undefined;
  if (more.length === 0 && !saysMore) return object;
  const { metadata } = object;
  const all = { ...metadata.annotations, ...Object.fromEntries(more) };
  return {
    ...object,
    metadata: { ...metadata, annotations: all, ...(saysMore ? { ofAll } : {}) },
  };
}

function addedTo(
  object: KubeObject,
  annotations: readonly GlobalAnnotation[],
): readonly (readonly [name: string, value: string])[] {
  const root = { ...rootField(object), problems: [] };
  const has = ({ record }: GlobalAnnotation) =>
    isServed(record) ? servedField(root, record) !== undefined : ownText(object, nameOf(record)) !== undefined;
  const isAuth = ({ record }: GlobalAnnotation) => OF_GLOBAL_AUTH.test(nameOf(record));
  const keepsOwnAuth =
    isWithoutGlobalAuth(object) || annotations.some((one) => nameOf(one.record) === "auth-url" && has(one));
  const added = annotations.filter((one) => !has(one) && !(keepsOwnAuth && isAuth(one)));
  return added.map(({ record, value }) => [PREFIXES.nginx + nameOf(record), value]);
}

function isServed(record: AnnotationRecord): record is ServedAnnotation<unknown> {
  return record.served !== undefined;
}

function nameOf({ names: [name = ""] }: AnnotationRecord): string {
  return name;
}

function isWithoutGlobalAuth(object: KubeObject): boolean {
  const text = ownText(object, "enable-global-auth");
  return text !== undefined && !ASKS.true(text);
}

/** The text of an annotation, if it is not blank. */
function ownText({ metadata: { annotations } }: KubeObject, name: string): string | undefined {
  return OWN_PREFIXES.map((prefix) => annotations[prefix + name]?.trim()).find((one) => one);
}

import { parseJson } from "#src/model/parse-json.ts";
import { isRecord, type Fields } from "#src/model/record.ts";
import { redactText, REDACTED } from "./redact-text.ts";
import { isSecretName, isSecretText } from "./secret-names.ts";

/** Annotations whose values are kept, without the secrets in them: those of Hawser and of what it takes the place of. */
const KNOWN_ANNOTATION = /^(?:hawser\.dev|metallb\.(?:io|universe\.tf)|(?:.*\.)?kubernetes\.io|cert-manager\.io)\//;
/** Annotations whose values are never kept: texts of configuration that may say anything. */
const OPEN_ANNOTATION =
  /\/(?:.*snippet|auth-url|auth-signin|auth-proxy-set-headers|proxy-set-headers|custom-headers|auth-request-redirect|mirror-target|canary-by-header-value|canary-by-header-pattern)$/;
/** Variables of containers whose values are kept: what the manifests of Hawser say. */
const KNOWN_VARIABLE =
  /^(?:HAWSER_[A-Z0-9_]+|NODE_NAME|NODE_IP|HOST_IP|POD_NAME|POD_NAMESPACE|POD_IP|GOMAXPROCS|MALLOC_ARENA_MAX|TZ|PATH)$/;
/** Fields of rules about header fields and cookies, whose values are never kept: `requestHeaderModifier`, `httpHeaders`, `cookies`. */
const HEADER_RULES = /header|cookie/i;
/** Fields with header fields by their names, or a line for each. */
const HEADER_MAPS = /(?:headers|cookies)$/i;
/** Keys of a ConfigMap that are names of header fields, as ingress-nginx' `proxy-set-headers` has them. */
const HEADER_NAME = /^[A-Z][A-Za-z0-9]*(?:-[A-Z0-9][A-Za-z0-9]*)+$/;
/** What `routes` and `explain` say of rules about header fields. */
const HEADER_SETTINGS: readonly unknown[] = ["request-field", "answer-field"];
/** Names of what refers to a secret and is none. */
const REFERENCE: ReadonlySet<string> = new Set(["apiVersion", "kind", "name", "namespace", "optional", "uid"]);
/** Deeper than this nothing is kept: no object of Kubernetes is. */
const MAX_DEPTH = 64;

/** A value of JSON without secrets: an object of Kubernetes, a line of a log, or what a command printed. */
export function redactValue(value: unknown): unknown {
  return redact(value, atDepth(0));
}

/** Where a value is. */
interface Place {
  readonly depth: number;
  /** In what a secret's name is of. */
  readonly isUnder: boolean;
  /** In what refers to a key of an object: `clientSecretRef`. */
  readonly isReference: boolean;
  /** In rules about header fields or cookies. */
  readonly isHeaders: boolean;
}

/** Where a value is that is judged alone. */
function atDepth(depth: number): Place {
  return { depth, isUnder: false, isReference: false, isHeaders: false };
}

function redact(value: unknown, place: Place): unknown {
  if (typeof value === "string") return place.isUnder && value !== "" ? REDACTED : redactString(value, place);
  if (place.depth > MAX_DEPTH || (place.isUnder && typeof value === "number")) return REDACTED;
  if (Array.isArray(value)) return redactList(value, place);
  if (!isRecord(value)) return value;
  const isSecret = value["kind"] === "Secret" || (value["data"] !== undefined && value["type"] !== undefined);
  const pairs = Object.entries(value).flatMap(([name, field]) => {
    const shown = redactField(name, field, { value, isSecret, place });
    return shown === undefined ? [] : [[redactText(name), shown] as const];
  });
  return Object.fromEntries(pairs);
}

/** Of JSON in a text, such as a file in a ConfigMap, the fields are judged. */
function redactString(text: string, { depth }: Place): string {
  if (!/^\s*[[{]/.test(text) || depth > MAX_DEPTH) return redactText(text);
  const inner = parseJson(text);
  if (inner === undefined) return redactText(text);
  return JSON.stringify(redact(inner, atDepth(depth + 1)));
}

interface Around {
  /** The object that the field is of. */
  readonly value: Fields;
  /** It is a Secret. */
  readonly isSecret: boolean;
  readonly place: Place;
}

/** Undefined: it is left out. */
function redactField(name: string, field: unknown, { value, isSecret, place }: Around): unknown {
  if (name === "managedFields") return undefined;
  if (isSecret && (name === "data" || name === "stringData")) return sizesOf(field);
  if (name === "binaryData") return sizesOf(field);
  if (name === "annotations" && isRecord(field)) return redactAnnotations(field);
  if (name === "env" && Array.isArray(field)) return field.map((one) => redactVariable(one, place));
  // A header field, a variable or a parameter: its name says what its value is.
  const sibling = ["name", "key", "header"].map((one) => value[one]).find((one) => typeof one === "string");
  if (/^values?$/.test(name)) {
    if (sibling !== undefined && (place.isHeaders || isSecretHeader(sibling))) return REDACTED;
    if (HEADER_SETTINGS.includes(value["setting"])) return withoutValue(field);
  }
  if (name === "data" && value["kind"] === "ConfigMap" && isRecord(field)) return redactData(field, place);
  return HEADER_MAPS.test(name) ? redactHeaders(name, field, place) : redactNamed(name, field, place);
}

/** `X-Tenant: a` keeps its name. */
function withoutValue(line: unknown): unknown {
  return typeof line === "string" ? line.replace(/:[\s\S]*/, `: ${REDACTED}`) : REDACTED;
}

/** The data of a ConfigMap. */
function redactData(data: Fields, place: Place): unknown {
  const pairs = Object.entries(data).map(([key, value]) => [key, HEADER_NAME.test(key) ? REDACTED : value] as const);
  return redactNamed("data", Object.fromEntries(pairs), place);
}

/** Header fields as a map from names to values, or as lines; a list of names stays. */
function redactHeaders(name: string, field: unknown, place: Place): unknown {
  if (Array.isArray(field))
    return redactNamed(
      name,
      field.map((one) => (/^[\w-]+:\s*\S/.test(String(one)) ? withoutValue(one) : one)),
      place,
    );
  if (!isRecord(field)) return redactNamed(name, field, place);
  const pairs = Object.entries(field).map(
    ([key, value]) => [key, typeof value === "string" ? REDACTED : value] as const,
  );
  return redactNamed(name, Object.fromEntries(pairs), place);
}

/** What is judged by its name alone. */
function redactNamed(name: string, field: unknown, place: Place): unknown {
  const isOwn = isSecretName(name);
  if (typeof field === "number" && isOwn) return REDACTED;
  if (typeof field === "string" && field !== "" && isSecretText(name, field)) return REDACTED;
  const isNamed = REFERENCE.has(name) || (place.isReference && name === "key");
  if (place.isUnder && isNamed && typeof field === "string") return redactText(field);
  // Each text of a list is a value of this name.
  const isTexts = Array.isArray(field) && field.some((one) => typeof one === "string" && isSecretText(name, one));
  const isReference = /(?:ref|selector)s?$/i.test(name) || (place.isReference && Array.isArray(field));
  const isHeaders = place.isHeaders || HEADER_RULES.test(name);
  return redact(field, { depth: place.depth + 1, isUnder: place.isUnder || isOwn || isTexts, isReference, isHeaders });
}

function isSecretHeader(name: string): boolean {
  return isSecretName(name) || /^(?:proxy-)?authorization$|cookie|^x-.*(?:key|token|auth)/i.test(name);
}

/** Arguments of a command: `--token abc` is two of them, and `--token=abc` is one, whatever the value. */
function redactList(list: readonly unknown[], place: Place): readonly unknown[] {
  const inner = { ...place, depth: place.depth + 1 };
  return list.map((one, at) => {
    if (typeof one !== "string") return redact(one, inner);
    const before = list[at - 1];
    if (typeof before === "string" && isValueOf(before, one)) return REDACTED;
    const [, flag = ""] = /^(--?[\w.-]+)=./.exec(one) ?? [];
    return flag !== "" && isSecretName(flag) ? `${flag}=${REDACTED}` : redact(one, inner);
  });
}

/** Whether an argument is the value of the one before it. A value may begin with a dash. */
function isValueOf(flag: string, value: string): boolean {
  if (/^(?:-u|-U|--user|--proxy-user)$/.test(flag)) return value.includes(":");
  return /^--?[\w.-]+$/.test(flag) && isSecretName(flag) && !/^--[a-z]/.test(value);
}

function redactAnnotations(annotations: Fields): Fields {
  const pairs = Object.entries(annotations).flatMap(([name, value]) => {
    // The whole object.
    if (name === "kubectl.kubernetes.io/last-applied-configuration") return [];
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const isKept = KNOWN_ANNOTATION.test(name) && !OPEN_ANNOTATION.test(name) && !isSecretAnnotation(name);
    return [[redactText(name), isKept ? redactText(text) : `${REDACTED} (${text.length} characters)`] as const];
  });
  return Object.fromEntries(pairs);
}

/** `auth-secret` and its like name a Secret. */
function isSecretAnnotation(name: string): boolean {
  return (
    isSecretName(name) && !/\/(?:auth-secret|auth-tls-secret|proxy-ssl-secret|session-cookie-.*|affinity.*)$/.test(name)
  );
}

function redactVariable(variable: unknown, { depth }: Place): unknown {
  if (!isRecord(variable) || variable["value"] === undefined) return redact(variable, atDepth(depth + 1));
  const { name, value } = variable;
  const isKept = typeof name === "string" && KNOWN_VARIABLE.test(name) && !isSecretName(name);
  return { name, value: isKept && typeof value === "string" ? redactText(value) : REDACTED };
}

/** The names of what a Secret has, and how long each is. */
function sizesOf(data: unknown): unknown {
  if (!isRecord(data)) return undefined;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [redactText(name), `${REDACTED} (${String(value).length} characters)`]),
  );
}

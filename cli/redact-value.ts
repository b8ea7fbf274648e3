import { parseJson } from "#src/model/parse-json.ts";
import { isRecord, type Fields } from "#src/model/record.ts";
import { redactText, REDACTED } from "./redact-text.ts";
import { isSecretName, isSecretText } from "./secret-names.ts";

/** Annotations whose values are kept, without the secrets in them: those of Hawser and of what it takes the place of. */
const KNOWN_ANNOTATION = /^(?:hawser\.dev|metallb\.(?:io|universe\.tf)|(?:.*\.)?kubernetes\.io|cert-manager\.io)\//;
/** Annotations whose values are never kept: texts of configuration that may say anything. */
const OPEN_ANNOTATION =
  /\/(?:.*snippet|auth-url|auth-signin|auth-proxy-set-headers|proxy-set-headers|custom-headers|auth-request-redirect|mirror-target)$/;
/** Variables of containers whose values are kept: what the manifests of Hawser say. */
const KNOWN_VARIABLE =
  /^(?:HAWSER_[A-Z0-9_]+|NODE_NAME|NODE_IP|HOST_IP|POD_NAME|POD_NAMESPACE|POD_IP|GOMAXPROCS|MALLOC_ARENA_MAX|TZ|PATH)$/;
/** Names of what refers to a secret and is none. */
const REFERENCE: ReadonlySet<string> = new Set(["apiVersion", "kind", "name", "namespace", "optional", "uid"]);
/** Deeper than this nothing is kept: no object of Kubernetes is. */
const MAX_DEPTH = 64;

/** A value of JSON without secrets: an object of Kubernetes, a line of a log, or what a command printed. */
export function redactValue(value: unknown): unknown {
  return redact(value, { depth: 0, isUnder: false, isReference: false });
}

/** Where a value is. */
interface Place {
  readonly depth: number;
  /** In what a secret's name is of. */
  readonly isUnder: boolean;
  /** In what refers to a key of an object: `clientSecretRef`. */
  readonly isReference: boolean;
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
  return JSON.stringify(redact(inner, { depth: depth + 1, isUnder: false, isReference: false }));
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
  if (/^values?$/.test(name) && sibling !== undefined && isSecretHeader(sibling)) return REDACTED;
  return redactNamed(name, field, place);
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
  return redact(field, { depth: place.depth + 1, isUnder: place.isUnder || isOwn || isTexts, isReference });
}

function isSecretHeader(name: string): boolean {
  return isSecretName(name) || /^(?:proxy-)?authorization$|cookie|^x-.*(?:key|token|auth)/i.test(name);
}

/** Arguments of a command: `--token abc` is two of them, and `--token=abc` is one, whatever the value. */
function redactList(list: readonly unknown[], { depth, isUnder, isReference }: Place): readonly unknown[] {
  return list.map((one, at) => {
    if (typeof one !== "string") return redact(one, { depth: depth + 1, isUnder, isReference });
    const before = list[at - 1];
    if (typeof before === "string" && isValueOf(before, one)) return REDACTED;
    const [, flag = ""] = /^(--?[\w.-]+)=./.exec(one) ?? [];
    return flag !== "" && isSecretName(flag)
      ? `${flag}=${REDACTED}`
      : redact(one, { depth: depth + 1, isUnder, isReference });
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
  if (!isRecord(variable) || variable["value"] === undefined)
    return redact(variable, { depth: depth + 1, isUnder: false, isReference: false });
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

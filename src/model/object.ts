import { child, complain, complainMissing, type Field, quote, readTexts } from "./field.ts";
import { factsOf, isOurGroup, type Kind } from "./kind.ts";
import { isDnsLabel, isDnsSubdomain } from "./name.ts";
import type { Parsed, Problem } from "./problem.ts";
import { isRecord } from "./record.ts";

/** An object as it came from a source: its identity is checked, the rest is not. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
  /** Everything else: `spec`, `data`, `status`, ... of unknown shape until src/model reads it. */
  readonly [field: string]: unknown;
}

interface ObjectMeta {
  readonly name: string;
  /** Empty for objects without a namespace (Node, IngressClass); `default` where a manifest leaves it out. */
  readonly namespace: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Milliseconds since 1970; 0 where unknown. Parsed from `creationTimestamp`. */
  readonly createdMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The addresses in `status` were written last by Hawser, by its source's word; of Ingresses alone. */
  readonly hasOurStatus?: boolean;
}

/** Names one object. */
export interface ObjectRef {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, or `name` alone where there is no namespace: the key of all maps of objects, and the log field. */
export function keyOf(object: { readonly namespace: string; readonly name: string }): string {
  return object.namespace === "" ? object.name : `${object.namespace}/${object.name}`;
}

/** The field that is the whole of an object, with a new list of findings. */
export function rootField(object: KubeObject): Field {
  return { value: object, object: `${object.kind} "${keyOf(object.metadata)}"`, path: "", problems: [] };
}

/**
 * Whether `parseObject` has anything to say about a value. Not for objects of kinds that Hawser does not read (Roles,
 * custom resources): a folder may hold them, and they are passed over without a word.
 */
export function isKnownKind(value: unknown): boolean {
  if (!isRecord(value)) return true;
  const { kind, apiVersion } = value;
  if (kind === undefined || kind === null || kind === "") return true;
  return factsOf(kind) !== undefined && (typeof apiVersion !== "string" || isOurGroup(apiVersion));
}

/**
 * Reads the identity of an object: `apiVersion`, `kind` and `metadata`; the rest is handed on as it is. `where` names
 * the place (`pools.yaml:12`) for findings about an object that has no name yet. Warnings tell of what is read
 * differently than Kubernetes would: old versions, and `annotations:` written beside `metadata:`.
 */
export function parseObject(value: unknown, where: string): Parsed<KubeObject> {
  const problems: Problem[] = [];
  const root: Field = { value, object: where, path: "", problems };
  if (!isRecord(value)) {
    complain(root, "OBJECT_NOT_A_MAP", {
      what: `Cannot read ${quote(value)} as an object`,
      why: "a Kubernetes object is a map with apiVersion, kind and metadata",
      fix: "Write the object there, or remove the text",
    });
    return { ok: false, problems };
  }
  const facts = readFacts(root);
  const identity = facts && readIdentity(child(root, "metadata"), facts);
  if (facts === undefined || identity === undefined) return { ok: false, problems };
  const named = { ...root, object: `${facts.kind} "${keyOf(identity)}"` };
  warnOfOldVersion(named, facts);
  const metadata = { ...identity, ...readMetadata(named) };
  const { labels: _labels, annotations: _annotations, ...rest } = value;
  return { ok: true, value: { ...rest, apiVersion: facts.written, kind: facts.kind, metadata }, problems };
}

type Facts = NonNullable<ReturnType<typeof factsOf>> & { readonly written: string };

function readFacts(root: Field): Facts | undefined {
  const kind = child(root, "kind");
  const facts = factsOf(kind.value);
  if (facts === undefined) return complainMissing(kind, "Write the kind of the object, such as Service or Ingress");
  const version = child(root, "apiVersion");
  const written = version.value;
  const fix = `Write apiVersion: ${facts.apiVersion}`;
  if (typeof written !== "string" || written === "") return complainMissing(version, fix);
  if (written === facts.apiVersion || facts.old.includes(written)) return { ...facts, written };
  const what = `Cannot read a ${facts.kind} of ${quote(written)}`;
  return complain(version, "API_VERSION_UNKNOWN", { what, why: "Kubernetes has no such version of this kind", fix });
}

function warnOfOldVersion(root: Field, { written, apiVersion, kind }: Facts): void {
  if (written === apiVersion) return;
  complain(child(root, "apiVersion"), "API_VERSION_OLD", {
    what: `Reads ${written} as ${apiVersion}`,
    why: `API servers no longer serve this version of ${kind}`,
    fix: `Rewrite it for ${apiVersion} before it goes to a cluster`,
    severity: "warning",
  });
}

function readIdentity(metadata: Field, facts: Facts): { name: string; namespace: string } | undefined {
  const nameField = child(metadata, "name");
  const name = nameField.value;
  if (typeof name !== "string" || name === "")
    return complainMissing(nameField, `Give the ${facts.kind} a name under metadata (in quotes where it is a number)`);
  const isName = facts.kind === "Service" ? isDnsLabel : isDnsSubdomain;
  if (!isName(name)) return complainName(nameField);
  const namespaceField = child(metadata, "namespace");
  const namespace = namespaceField.value;
  if (!facts.isNamespaced) return { name, namespace: "" };
  if (namespace === undefined || namespace === null || namespace === "") return { name, namespace: "default" };
  return typeof namespace === "string" && isDnsLabel(namespace) ? { name, namespace } : complainName(namespaceField);
}

function complainName(field: Field): undefined {
  return complain(field, "OBJECT_NAME_INVALID", {
    what: `Cannot use the name ${quote(field.value)}`,
    why: "names are made of a-z, 0-9 and -, with a letter or digit at both ends (RFC 1123)",
    fix: "Choose another name",
  });
}

function readMetadata(root: Field): Omit<ObjectMeta, "name" | "namespace"> {
  const metadata = child(root, "metadata");
  const { uid, resourceVersion, creationTimestamp } = metadata.value as Readonly<Record<string, unknown>>;
  const createdMs = typeof creationTimestamp === "string" ? Date.parse(creationTimestamp) : 0;
  return {
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
    createdMs: Number.isFinite(createdMs) ? createdMs : 0,
    labels: { ...readMisplaced(root, "labels"), ...readTexts(child(metadata, "labels")) },
    annotations: { ...readMisplaced(root, "annotations"), ...readTexts(child(metadata, "annotations")) },
  };
}

/** What a user wrote beside `metadata:` for want of two spaces; an API server drops it without a word. */
function readMisplaced(root: Field, name: "labels" | "annotations"): Readonly<Record<string, string>> {
  const field = child(root, name);
  if (!isRecord(field.value)) return {};
  complain(field, "METADATA_MISPLACED", {
    what: `Reads ${name} as metadata.${name}`,
    why: `they stand beside metadata, where Kubernetes drops them`,
    fix: `Indent ${name} so that they stand under metadata`,
    severity: "warning",
  });
  return readTexts(field);
}

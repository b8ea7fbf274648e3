import { child, complain, complainMissing, type Field, isUnset, quote, readTexts } from "./field.ts";
import { findFacts, isOurGroup, type Kind, type KindFacts } from "./kind.ts";
import { listed } from "./listed.ts";
import { isDnsLabel, isDnsSubdomain } from "./name.ts";
import type { Parsed, Problem } from "./problem.ts";
import { type HolderPlace } from "./problem-place.ts";
import { isRecord, recordOf } from "./record.ts";
import type { SettingsOfAll } from "./settings-of-all.ts";
import { type Place, writtenInside, type WrittenYaml } from "./written-yaml.ts";

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
  /** How often the spec was changed; of kinds alone whose status says which one it is about (`KindFacts.statusNamesGeneration`). */
  readonly generation?: number;
  /** Milliseconds since 1970; 0 where unknown. Parsed from `creationTimestamp`. */
  readonly createdMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The annotations are not a map: what they ask for is unknown. */
  readonly hasUnreadableAnnotations?: boolean;
  /** What holds for the paths of all Ingresses; of Ingresses alone. */
  readonly ofAll?: SettingsOfAll;
  /** The addresses in `status` were written last by Hawser, by its source's word; of Ingresses alone. */
  readonly hasOurStatus?: boolean;
  /** How the object is written in its manifest, where that is needed. */
  readonly written?: WrittenYaml;
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

/** The object itself as the place of a Problem. */
export function placeOf({ kind, metadata: { namespace, name } }: KubeObject): HolderPlace {
  return { kind: "object", object: { kind, namespace, name } };
}

/** The field that is the whole of an object, with a new list of findings. */
export function rootField(object: KubeObject): Field {
  const { written } = object.metadata;
  const root = { value: object, holder: placeOf(object), path: "", problems: [] };
  return written === undefined ? root : { ...root, place: { written, keys: [] } };
}

/**
 * Whether `parseObject` has anything to say about a value. Not for objects of kinds that Hawser does not read (Roles,
 * custom resources): a folder may hold them, and they are ignored silently.
 */
export function isKnownKind(value: unknown): boolean {
  if (!isRecord(value)) return true;
  const { kind, apiVersion } = value;
  if (kind === undefined || kind === null || kind === "") return true;
  return findFacts(kind) !== undefined && (typeof apiVersion !== "string" || isOurGroup(apiVersion));
}

/** An object as far as it could be read. */
export interface ReadObject {
  /** Undefined where not even the kind is known. */
  readonly object: KubeObject | undefined;
  /** False: the object is not one for a program; what is in it can still be searched for further mistakes. */
  readonly isUsable: boolean;
  readonly problems: readonly Problem[];
}

/** In place of a name that is missing or not a text. */
const NO_NAME = "?";

/**
 * Reads the identity of an object: `apiVersion`, `kind` and `metadata`; the rest is handed on as it is. `at` is
 * the place (`pools.yaml:12`) for findings about an object that has no name yet. Warnings say what is read
 * differently than Kubernetes would: old versions, and `annotations:` written beside `metadata:`.
 */
export function parseObject(value: unknown, at: HolderPlace): Parsed<KubeObject> {
  const { object, isUsable, problems } = readObject(value, at);
  return object !== undefined && isUsable ? { ok: true, value: object, problems } : { ok: false, problems };
}

/** Reads the identity of an object as `parseObject` does, and goes on after a mistake. */
export function readObject(value: unknown, at: HolderPlace, place?: Place): ReadObject {
  const problems: Problem[] = [];
  const root: Field = { value, holder: at, path: "", problems, place };
  if (!isRecord(value)) {
    complain(root, "OBJECT_NOT_A_MAP", {
      what: `Cannot read ${quote(value)} as an object`,
      why: "a Kubernetes object is a map with apiVersion, kind and metadata",
      fix: "Write the object there, or remove the text",
    });
    return { object: undefined, isUsable: false, problems };
  }
  const kind = child(root, "kind");
  const facts = findFacts(kind.value);
  if (facts === undefined) complainMissing(kind, "Write the kind of the object, such as Service or Ingress");
  const version = facts === undefined ? undefined : readVersion(root, facts);
  const identity = readIdentity(child(root, "metadata"), facts);
  if (facts === undefined) return { object: undefined, isUsable: false, problems };
  const { name = NO_NAME, namespace = NO_NAME } = identity;
  const named: Field = { ...root, holder: { kind: "object", object: { kind: facts.kind, namespace, name } } };
  const written = version ?? facts.apiVersion;
  warnOfOldVersion(named, facts, written);
  const metadata = {
    name,
    namespace,
    ...readMetadata(named, facts),
    ...(place === undefined ? {} : { written: writtenInside(place) }),
  };
  const { labels: _labels, annotations: _annotations, ...rest } = value;
  const isUsable = version !== undefined && identity.name !== undefined && identity.namespace !== undefined;
  return { object: { ...rest, apiVersion: written, kind: facts.kind, metadata }, isUsable, problems };
}

function readVersion(root: Field, facts: KindFacts): string | undefined {
  const version = child(root, "apiVersion");
  const written = version.value;
  const fix = `Write apiVersion: ${facts.apiVersion}`;
  if (typeof written !== "string" || written === "") return complainMissing(version, fix);
  if (written === facts.apiVersion || facts.old.includes(written)) return written;
  const what = `Cannot read ${/^[AEIOU]/.test(facts.kind) ? "an" : "a"} ${facts.kind} of ${quote(written)}`;
  const known = listed([facts.apiVersion, ...facts.old], MAX_VERSIONS, " and ");
  return complain(version, "API_VERSION_UNKNOWN", { what, why: `Hawser reads this kind of ${known}`, fix });
}

const MAX_VERSIONS = 4;

function warnOfOldVersion(root: Field, { apiVersion, kind, isOptional }: KindFacts, written: string): void {
  // Of any version, it is not to be rewritten for another one, but as objects of other kinds.
  if (written === apiVersion || kind === "AddressPool") return;
  const why = isOptional
    ? `this version of ${kind} is deprecated`
    : `API servers no longer serve this version of ${kind}`;
  complain(child(root, "apiVersion"), "API_VERSION_OLD", {
    what: `Read ${written} as ${apiVersion}`,
    why,
    fix: `Rewrite it for ${apiVersion} before it goes to a cluster`,
    severity: "warning",
  });
}

/** Name and namespace; undefined what cannot be used. Without `facts` the kind is unknown. */
function readIdentity(metadata: Field, facts: KindFacts | undefined): Partial<Pick<ObjectMeta, "name" | "namespace">> {
  const name = readName(child(metadata, "name"), facts?.kind);
  if (facts?.isNamespaced === false) return { namespace: "", ...(name === undefined ? {} : { name }) };
  const field = child(metadata, "namespace");
  const { value } = field;
  const isDefault = isUnset(field) || value === "";
  const namespace = isDefault
    ? "default"
    : typeof value === "string" && isDnsLabel(value)
      ? value
      : complainName(field);
  return { ...(name === undefined ? {} : { name }), ...(namespace === undefined ? {} : { namespace }) };
}

function readName(field: Field, kind: Kind | undefined): string | undefined {
  const { value } = field;
  if (typeof value !== "string" || value === "")
    return complainMissing(
      field,
      `Give the ${kind ?? "object"} a name under metadata (in quotes where it is a number)`,
    );
  const isName = kind === "Service" ? isDnsLabel : isDnsSubdomain;
  return isName(value) ? value : complainName(field);
}

function complainName(field: Field): undefined {
  return complain(field, "OBJECT_NAME_INVALID", {
    what: `Cannot use the name ${quote(field.value)}`,
    why: "names are made of a-z, 0-9 and -, with a letter or digit at both ends (RFC 1123)",
    fix: "Choose another name",
  });
}

function readMetadata(root: Field, { statusNamesGeneration }: KindFacts): Omit<ObjectMeta, "name" | "namespace"> {
  const metadata = child(root, "metadata");
  const { uid, resourceVersion, creationTimestamp, generation } = recordOf(metadata.value);
  const annotations = child(metadata, "annotations");
  const createdMs = typeof creationTimestamp === "string" ? Date.parse(creationTimestamp) : 0;
  return {
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
    ...(statusNamesGeneration && typeof generation === "number" ? { generation } : {}),
    createdMs: Number.isFinite(createdMs) ? createdMs : 0,
    labels: { ...readMisplaced(root, "labels"), ...readTexts(child(metadata, "labels")) },
    annotations: { ...readMisplaced(root, "annotations"), ...readTexts(annotations) },
    ...(isUnset(annotations) || isRecord(annotations.value) ? {} : { hasUnreadableAnnotations: true }),
  };
}

/** What a user wrote beside `metadata:` because two spaces are missing; an API server drops it silently. */
function readMisplaced(root: Field, name: "labels" | "annotations"): Readonly<Record<string, string>> {
  const field = child(root, name);
  if (!isRecord(field.value)) return {};
  complain(field, "METADATA_MISPLACED", {
    what: `Read ${name} as metadata.${name}`,
    why: "they are beside metadata, where Kubernetes drops them",
    fix: `Indent ${name} so that they are inside metadata`,
    severity: "warning",
  });
  return readTexts(field);
}

import { factsOf, type Kind } from "#src/model/kind.ts";
import { type KubeObject, keyOf, parseObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { isRecord } from "#src/model/record.ts";
import { readingOf } from "./reading.ts";

/** By this name the API server knows what we wrote (`metadata.managedFields`). */
export const FIELD_MANAGER = "hawser";
/** What `kubectl apply` leaves on an object: as large as the object, and not read here. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * Reads an object of the API, which in a list has neither `kind` nor `apiVersion`. `managedFields` and the like are
 * left out: of metadata only what KubeObject has is kept.
 */
export function readApiObject(
  kind: Kind,
  json: unknown,
  complain: (problems: readonly Problem[]) => void,
): KubeObject | undefined {
  if (!isRecord(json)) return undefined;
  const { apiVersion } = factsOf(kind);
  const { trim } = readingOf(kind);
  const parsed = parseObject({ ...(trim?.(json) ?? json), kind, apiVersion }, { kind: "answer", of: kind });
  if (!parsed.ok) {
    complain(parsed.problems);
    return undefined;
  }
  const { metadata: read } = parsed.value;
  const { name, namespace, uid, resourceVersion, generation, createdMs, labels, annotations: written } = read;
  const { [LAST_APPLIED]: _applied, ...annotations } = written;
  const metadata = {
    name,
    namespace,
    createdMs,
    labels: orNone(labels),
    annotations: orNone(annotations),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(generation === undefined ? {} : { generation }),
    ...(kind === "Ingress" && hasOurStatus(json) ? { hasOurStatus: true } : {}),
  };
  return { ...parsed.value, metadata };
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});

function orNone(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.keys(texts).length === 0 ? NONE : texts;
}

/** Whether we are the last to have written the addresses: the API server keeps the writer of each field (FieldsV1). */
function hasOurStatus(json: Readonly<Record<string, unknown>>): boolean {
  const managed: unknown = isRecord(json["metadata"]) ? json["metadata"]["managedFields"] : undefined;
  if (!Array.isArray(managed)) return false;
  return managed.some((entry: unknown) => {
    if (!isRecord(entry) || entry["manager"] !== FIELD_MANAGER || entry["subresource"] !== "status") return false;
    const path = ["fieldsV1", "f:status", "f:loadBalancer", "f:ingress"];
    return path.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), entry) !== undefined;
  });
}

/** Which object this is, and which version of it. */
export interface Identity {
  /** `namespace/name`, or the name. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Reads `metadata` of anything the API server sends; undefined if it is not an object. */
export function identityOf(json: unknown): Identity | undefined {
  const metadata = isRecord(json) ? json["metadata"] : undefined;
  if (!isRecord(metadata)) return undefined;
  const { name, namespace = "", uid = "", resourceVersion } = metadata;
  if (![name, namespace, uid, resourceVersion].every((text) => typeof text === "string")) return undefined;
  const texts = { name, namespace, uid, resourceVersion } as Omit<Identity, "key">;
  return { ...texts, key: keyOf(texts) };
}

/** Below 0 if the left version is older. Versions of one resource are numbers that grow (KEP-5504). */
export function compareVersions(left = "", right = ""): number {
  if (left === right) return 0;
  if (!isVersionNumber(left) || !isVersionNumber(right)) return 0;
  return left.length === right.length ? (left < right ? -1 : 1) : left.length - right.length;
}

function isVersionNumber(text: string): boolean {
  return /^[1-9]\d*$/.test(text);
}

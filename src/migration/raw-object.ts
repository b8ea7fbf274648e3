import { MAX_MANIFEST_LENGTH } from "#src/model/manifest.ts";
import { isDnsSubdomain } from "#src/model/name.ts";
import { readYaml } from "#src/model/read-yaml.ts";
import { type Fields, isRecord, listOf, recordOf, textOf } from "#src/model/record.ts";

/** An object of any kind, also of those that Hawser does not read: what it takes to name it, and the rest as it is. */
export interface RawObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for objects without a namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly fields: Fields;
}

/** Lists inside lists that are followed. */
const MAX_LIST_DEPTH = 3;

/** What the documents of a text of YAML or JSON say. What cannot be read, or is too long, is left out: `parseManifests` reports it. */
export function rawDocuments(text = ""): readonly unknown[] {
  if (text.length > MAX_MANIFEST_LENGTH) return [];
  return readYaml(text).flatMap((document) => (document.ok ? [document.value] : []));
}

/** The objects in documents, lists expanded. */
export function rawObjects(documents: readonly unknown[]): readonly RawObject[] {
  return documents.flatMap((document) => itemsOf(document, 0).flatMap(readRawObject));
}

function itemsOf(value: unknown, depth: number): readonly unknown[] {
  const { kind, items } = recordOf(value);
  if (!textOf(kind).endsWith("List") || !Array.isArray(items) || depth >= MAX_LIST_DEPTH) return [value];
  return items.flatMap((item) => itemsOf(item, depth + 1));
}

/** One object; none where its kind or its name cannot be used. */
export function readRawObject(value: unknown): readonly RawObject[] {
  if (!isRecord(value)) return [];
  const { name, namespace } = recordOf(value["metadata"]);
  const [kind, apiVersion] = [textOf(value["kind"]), textOf(value["apiVersion"])];
  const isNamed = isDnsSubdomain(textOf(name)) && (textOf(namespace) === "" || isDnsSubdomain(textOf(namespace)));
  if (kind === "" || !isNamed) return [];
  return [{ apiVersion, kind, namespace: textOf(namespace), name: textOf(name), fields: value }];
}

/** The labels of an object. */
export function rawLabelsOf({ fields }: RawObject): Fields {
  return recordOf(recordOf(fields["metadata"])["labels"]);
}

/** Whether Helm installed an object. */
export function isOfHelm(object: RawObject): boolean {
  return rawLabelsOf(object)["app.kubernetes.io/managed-by"] === "Helm";
}

/** The containers of the pods of a Deployment or DaemonSet. */
export function containersOf({ fields }: RawObject): readonly Fields[] {
  return listOf(podSpecOf(fields)["containers"]).map(recordOf);
}

/** What the pods of a Deployment or DaemonSet are. */
export function podSpecOf(fields: Fields): Fields {
  return recordOf(recordOf(recordOf(fields["spec"])["template"])["spec"]);
}

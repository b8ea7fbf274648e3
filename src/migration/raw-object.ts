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

/** The objects in a text of YAML or JSON, lists expanded. What cannot be read is left out: `parseManifests` reports it. */
export function rawObjects(text: string): readonly RawObject[] {
  return readYaml(text).flatMap((document) => (document.ok ? itemsOf(document.value, 0).flatMap(readRawObject) : []));
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

/** The containers of the pods of a Deployment or DaemonSet. */
export function containersOf({ fields }: RawObject): readonly Fields[] {
  return listOf(podSpecOf(fields)["containers"]).map(recordOf);
}

/** What the pods of a Deployment or DaemonSet are. */
export function podSpecOf(fields: Fields): Fields {
  return recordOf(recordOf(recordOf(fields["spec"])["template"])["spec"]);
}

import { type Fields, recordOf, textOf, textsOf } from "#src/model/record.ts";
import { readFlags } from "./read-flags.ts";
import { containersOf, isOfHelm, podSpecOf, type RawObject, rawLabelsOf } from "./raw-object.ts";

/** MetalLB's controller (a Deployment) or its speaker (a DaemonSet). */
export interface MetallbProgram {
  readonly name: string;
  readonly namespace: string;
  /** A label selector of its pods, as `kubectl --selector` takes it. */
  readonly selector: string;
  /** The value of a flag: `lb-class`; undefined where it is left out, `true` where it has no value. */
  readonly flags: ReadonlyMap<string, string>;
  /** The nodes that its pods may run on. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** How many pods of it are to run; undefined where that is not said, or none is to run now. */
  readonly replicas: number | undefined;
  /** Helm installed it. */
  readonly isHelm: boolean;
}

const KINDS = { controller: "Deployment", speaker: "DaemonSet" } as const;
/** What a value of a label, and a flag that becomes one of ours, is made of: nothing that a shell or YAML would read. */
const PLAIN = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,251}[A-Za-z0-9])?$/;

/** The program of MetalLB of this role among the objects; undefined where it is not there. */
export function findMetallbProgram(
  role: keyof typeof KINDS,
  objects: readonly RawObject[],
  namespace: string,
): MetallbProgram | undefined {
  const object = objects.find((one) => one.kind === KINDS[role] && one.namespace === namespace && isOf(role, one));
  return object && readProgram(role, object);
}

/** Whether an object is MetalLB's program of a role, by its labels or its image. */
function isOf(role: string, object: RawObject): boolean {
  const labels = rawLabelsOf(object);
  const [app, component] = [labels["app.kubernetes.io/name"] ?? labels["app"], componentOf(labels)];
  if (app === "metallb" && component !== "") return component === role;
  return containersOf(object).some(({ image }) => isImage(role, image));
}

function componentOf(labels: Fields): string {
  return textOf(labels["app.kubernetes.io/component"]) || textOf(labels["component"]);
}

function isImage(role: string, image: unknown): boolean {
  return new RegExp(`metallb[/-](?:metallb-)?${role}(?:[:@]|$)`).test(textOf(image));
}

function readProgram(role: string, object: RawObject): MetallbProgram {
  const { name, namespace, fields } = object;
  const containers = containersOf(object);
  const [first = {}] = containers;
  const isMain = (one: Fields): boolean => isImage(role, one["image"]) || textOf(one["name"]).endsWith(role);
  const container = containers.find(isMain) ?? first;
  const matched = recordOf(recordOf(recordOf(fields["spec"])["selector"])["matchLabels"]);
  return {
    name,
    namespace,
    selector: Object.entries(plainTexts(matched))
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
    flags: plainFlags([...textsOf(container["command"]), ...textsOf(container["args"])]),
    nodeSelector: plainTexts(recordOf(podSpecOf(fields)["nodeSelector"])),
    replicas: readReplicas(recordOf(fields["spec"])["replicas"]),
    isHelm: isOfHelm(object),
  };
}

/** Of a program that was stopped already it is not known. */
function readReplicas(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

function plainTexts(fields: Fields): Readonly<Record<string, string>> {
  const entries = Object.entries(fields).flatMap(([key, value]): [string, string][] =>
    PLAIN.test(key) && typeof value === "string" && (value === "" || PLAIN.test(value)) ? [[key, value]] : [],
  );
  return Object.fromEntries(entries);
}

/** The flags whose values are plain: what becomes a flag of ours. */
function plainFlags(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map([...readFlags(words)].filter(([, text]) => PLAIN.test(text)));
}

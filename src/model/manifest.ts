import { complain, type Field } from "./field.ts";
import { isKnownKind, type KubeObject, parseObject } from "./object.ts";
import type { Problem } from "./problem.ts";
import { readYaml, type YamlFault } from "./read-yaml.ts";
import { isRecord } from "./record.ts";

/** What a file of manifests holds. */
export interface Manifests {
  readonly objects: readonly KubeObject[];
  readonly problems: readonly Problem[];
  /** Where each object begins: `shop.yaml:12`. */
  readonly places: ReadonlyMap<KubeObject, string>;
  /** How many objects of each kind were passed over, because Hawser does not read that kind. */
  readonly otherKinds: ReadonlyMap<string, number>;
}

/** Characters of one file: some 20 times what an API server takes as one object, and read in about four seconds. */
export const MAX_MANIFEST_LENGTH = 4 * 1024 * 1024;
/** Lists inside lists that are followed. */
const MAX_LIST_DEPTH = 3;

/**
 * Reads a file of manifests: any number of YAML or JSON documents, `List` objects expanded. A document that cannot be
 * read is one Problem, with its line, and does no harm to the others. Objects of other kinds are passed over. Never throws.
 */
export function parseManifests(text: string, file: string): Manifests {
  const found: Found = { objects: [], problems: [], places: new Map(), otherKinds: new Map() };
  if (text.length > MAX_MANIFEST_LENGTH) {
    complain(placeIn(found, file), "MANIFEST_TOO_LARGE", {
      what: "Cannot read the file",
      why: `it has ${text.length} characters, and ${MAX_MANIFEST_LENGTH} is the limit`,
      fix: "Split it into several files",
    });
    return found;
  }
  for (const document of readYaml(text)) {
    if (!document.ok) complainOfYaml(placeIn(found, `${file}:${document.fault.line}`), document.fault, text);
    else if (document.value !== null && document.value !== undefined)
      collect(document.value, `${file}:${document.line}`, found, 0);
  }
  return found;
}

interface Found {
  readonly objects: KubeObject[];
  readonly problems: Problem[];
  readonly places: Map<KubeObject, string>;
  readonly otherKinds: Map<string, number>;
}

function placeIn(found: Found, where: string): Field {
  return { value: undefined, object: where, path: "", problems: found.problems };
}

function collect(value: unknown, where: string, found: Found, depth: number): void {
  if (isList(value) && depth < MAX_LIST_DEPTH) {
    for (const [index, item] of value.items.entries()) collect(item, `${where} items[${index}]`, found, depth + 1);
    return;
  }
  if (!isKnownKind(value)) {
    const { kind } = value as { readonly kind: unknown };
    const name = typeof kind === "string" ? kind : "?";
    found.otherKinds.set(name, (found.otherKinds.get(name) ?? 0) + 1);
    return;
  }
  const parsed = parseObject(value, where);
  found.problems.push(...parsed.problems);
  if (!parsed.ok) return;
  found.objects.push(parsed.value);
  found.places.set(parsed.value, where);
}

/** `List`, and the `ServiceList` and the like that an API server answers with. */
function isList(value: unknown): value is { readonly items: readonly unknown[] } {
  const kind = isRecord(value) ? value["kind"] : undefined;
  return isRecord(value) && typeof kind === "string" && kind.endsWith("List") && Array.isArray(value["items"]);
}

function complainOfYaml(field: Field, fault: YamlFault, text: string): void {
  const what = "Cannot read the document";
  if (fault.kind === "duplicate-key") {
    const fix = "Keep one of the two; `---` on a line of its own begins another object";
    complain(field, "MANIFEST_DUPLICATE_KEY", { what, why: fault.why, fix });
    return;
  }
  // Templates are told by their braces: they are no YAML until something fills them in.
  const fix =
    text.includes("{{") && text.includes("}}")
      ? "It looks like a template: render it first, as with `helm template`"
      : "Mend the YAML there; the other documents of the file are read";
  complain(field, "MANIFEST_NOT_YAML", { what, why: fault.why, fix });
}

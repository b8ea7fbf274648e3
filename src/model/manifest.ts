import { complain, type Field, quote } from "./field.ts";
import { configures, findFacts, isUnknownMetallbKind, METALLB_KINDS } from "./kind.ts";
import { nearest } from "./nearest.ts";
import { isKnownKind, type KubeObject, readObject } from "./object.ts";
import type { Problem } from "./problem.ts";
import type { FilePlace } from "./problem-place.ts";
import { readYaml, type YamlContent, type YamlFault } from "./read-yaml.ts";
import { type Fields, isRecord } from "./record.ts";
import type { Place } from "./written-yaml.ts";

/** What a file of manifests holds. */
export interface Manifests {
  readonly objects: readonly KubeObject[];
  readonly problems: readonly Problem[];
  /** Where each object begins: `shop.yaml:12`. */
  readonly places: ReadonlyMap<KubeObject, FilePlace>;
  /** Objects that cannot be used, for `problems` says what is wrong with them: to be searched for further mistakes. */
  readonly unusable: readonly KubeObject[];
  /** How many objects of each kind were ignored, because Hawser does not read that kind. */
  readonly otherKinds: ReadonlyMap<string, number>;
}

export interface ManifestOptions {
  /** Keep with each object where its values are written, so that Problems of it name the line. Takes memory. Default false. */
  readonly keepsLines?: boolean;
}

/** Characters of one file: some 20 times what an API server takes as one object, and read in about four seconds. */
export const MAX_MANIFEST_LENGTH = 4 * 1024 * 1024;
/** Lists inside lists that are followed. */
const MAX_LIST_DEPTH = 3;

/**
 * Reads a file of manifests: any number of YAML or JSON documents, `List` objects expanded. A document that cannot be
 * read is a Problem for each mistake, with its line, and does no harm to the others. Objects of other kinds are ignored.
 * Never throws.
 */
export function parseManifests(text: string, file: string, { keepsLines = false }: ManifestOptions = {}): Manifests {
  const found: Found = { file, objects: [], problems: [], places: new Map(), unusable: [], otherKinds: new Map() };
  if (text.length > MAX_MANIFEST_LENGTH) {
    complain(fieldIn(found), "MANIFEST_TOO_LARGE", {
      what: "Cannot read the file",
      why: `it has ${text.length} characters, and ${MAX_MANIFEST_LENGTH} is the limit`,
      fix: "Split it into several files",
    });
    return found;
  }
  // No YAML has it, and what the lines of such a file say means nothing.
  if (text.includes("\0")) {
    complain(fieldIn(found), "MANIFEST_NOT_YAML", {
      what: "Cannot read the file",
      why: "it is not text in UTF-8: it has a zero byte",
      fix: "Leave it out if it is a program, an image or an archive; store a manifest in UTF-16 as UTF-8",
    });
    return found;
  }
  for (const document of readYaml(text)) {
    const faults = document.ok ? [] : document.faults;
    for (const fault of faults) complainOfYaml(fieldIn(found, fault.line), fault, text);
    const content = document.ok ? document : document.content;
    if (content === undefined || content.value === null || content.value === undefined) continue;
    collect(content, found, { isWhole: document.ok, keepsPlaces: keepsLines || content.hasOtherSpellings });
  }
  return found;
}

interface Found {
  readonly file: string;
  readonly objects: KubeObject[];
  readonly problems: Problem[];
  readonly places: Map<KubeObject, FilePlace>;
  readonly unusable: KubeObject[];
  readonly otherKinds: Map<string, number>;
}

interface Reading {
  /** False: the document has a mistake that makes all of it unusable. */
  readonly isWhole: boolean;
  readonly keepsPlaces: boolean;
}

function fieldIn({ file, problems }: Found, line?: number): Field {
  const holder: FilePlace = { kind: "file", file, ...(line === undefined ? {} : { line }) };
  return { value: undefined, holder, path: "", problems };
}

function collect({ value, line, written }: YamlContent, found: Found, reading: Reading): void {
  for (const { item, keys, path } of itemsOf(value, { keys: [], path: "" }, 0)) {
    const start = keys.length === 0 ? line : written.lineOf(keys);
    const at: FilePlace = {
      kind: "file",
      file: found.file,
      ...(start !== undefined && { line: start }),
      ...(path !== "" && { path }),
    };
    collectObject(item, { at, place: { written, keys } }, { found, reading });
  }
}

type Step = Pick<Place, "keys"> & { readonly path: string };

/** The value, or the items of a list of objects, each with the way to it. */
function itemsOf(value: unknown, step: Step, depth: number): readonly (Step & { readonly item: unknown })[] {
  if (!isList(value) || depth >= MAX_LIST_DEPTH) return [{ item: value, ...step }];
  return value.items.flatMap((item, index) => {
    const next = {
      keys: [...step.keys, "items", index],
      path: `${step.path}${step.path === "" ? "" : " "}items[${index}]`,
    };
    return itemsOf(item, next, depth + 1);
  });
}

function collectObject(
  value: unknown,
  { at, place }: { readonly at: FilePlace; readonly place: Place },
  { found, reading }: { readonly found: Found; readonly reading: Reading },
): void {
  if (!isKnownKind(value)) {
    const { kind } = value as { readonly kind: unknown };
    const name = typeof kind === "string" ? kind : "?";
    complainOfUnknownKind(value as Fields, { at, place }, found);
    found.otherKinds.set(name, (found.otherKinds.get(name) ?? 0) + 1);
    return;
  }
  // Where keys are lost, nothing can be said about a document of which not even the kind is left.
  if (!reading.isWhole && !isOfKind(value)) return;
  const { object, isUsable, problems } = readObject(value, at, reading.keepsPlaces ? place : undefined);
  found.problems.push(...problems);
  if (object === undefined) return;
  found.places.set(object, at);
  if (isUsable && reading.isWhole) found.objects.push(object);
  else found.unusable.push(object);
}

/** A kind that metallb.io does not have is a slip, and what it configures is lost. */
function complainOfUnknownKind(
  { apiVersion, kind }: Fields,
  { at, place }: { readonly at: FilePlace; readonly place: Place },
  { problems }: Found,
): void {
  if (typeof kind !== "string" || !isUnknownMetallbKind(apiVersion, kind)) return;
  const field: Field = {
    value: kind,
    holder: at,
    path: "kind",
    problems,
    place: { ...place, keys: [...place.keys, "kind"] },
  };
  const known = METALLB_KINDS.filter(configures);
  const meant = known.find((one) => one.toLowerCase() === kind.toLowerCase()) ?? nearest(kind, known);
  complain(field, "RESOURCE_KIND_UNKNOWN", {
    what: `Ignored this object of the kind ${quote(kind)}`,
    why: "metallb.io has no such kind",
    fix: meant === undefined ? "Remove it, or write a kind that MetalLB has" : `Did you mean ${meant}?`,
  });
}

function isOfKind(value: unknown): boolean {
  return isRecord(value) && findFacts(value["kind"]) !== undefined;
}

/** `List`, and the `ServiceList` and similar kinds that an API server answers with. */
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
  // Templates are recognized by their braces: they are not YAML until something fills them in.
  const fix =
    text.includes("{{") && text.includes("}}")
      ? "It looks like a template: render it first, as with `helm template`"
      : "Fix the YAML at this line; the other documents of the file are read";
  complain(field, "MANIFEST_NOT_YAML", { what, why: fault.why, fix });
}

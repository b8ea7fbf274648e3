import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, parse, parseAllDocuments } from "yaml";
import { config } from "#scripts/manifests/render.ts";

/** A patch of a kustomization: of one object, or as JSON patch (a list). */
export interface Patch {
  readonly target: { readonly kind: string; readonly name?: string };
  readonly patch: string;
}

/** The objects of a file of config/, with their comments. Throws where the file is not YAML. */
export function sourceObjects(path: string): readonly Document.Parsed[] {
  const documents = parseAllDocuments(readFileSync(join(config, path), "utf8"));
  if ("empty" in documents) throw new Error(`config/${path} has no object`);
  for (const { errors } of documents) if (errors[0] !== undefined) throw errors[0];
  return documents;
}

/** What is at a place of an object of config/, such as `spec.template.spec.tolerations`. Throws where there is none. */
export function sourceValue(path: string, object: string, place: string): unknown {
  const document = sourceObjects(path).find((one) => objectName(one) === object);
  const node: unknown = document?.getIn(stepsOf(place));
  if (document === undefined || node === undefined) throw new Error(`config/${path} has no ${place} of ${object}`);
  return typeof node === "object" && node !== null && "toJS" in node
    ? (node as { toJS: (of: Document) => unknown }).toJS(document)
    : node;
}

/** `Deployment hawser-controller`. */
export function objectName(document: Document): string {
  return `${String(document.get("kind"))} ${String(document.getIn(["metadata", "name"]))}`;
}

/** The steps of a place: `spec.template.spec.containers.0.env`. */
export function stepsOf(place: string): readonly (string | number)[] {
  return place.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** The patches of a component of config/. */
export function patchesOf(component: string): readonly Patch[] {
  const text = readFileSync(join(config, component, "kustomization.yaml"), "utf8");
  return (parse(text) as { readonly patches: readonly Patch[] }).patches;
}

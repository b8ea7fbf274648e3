import { stringify } from "yaml";
import { oneLine } from "#src/model/one-line.ts";
import type { NamedObject } from "#src/model/problem-place.ts";
import type { OutputForm } from "./output-options.ts";

/** What a command prints, in each form. */
export interface Output {
  /** Of JSON and YAML: mostly one. */
  readonly documents: () => readonly unknown[];
  /** For people; with more columns where `isWide`. */
  readonly text: (isWide: boolean) => string;
  /** The objects that it is about, in order; each is printed once. */
  readonly names: () => readonly NamedObject[];
}

/** Prints in the form that is asked for: JSON in one line for each document, YAML with `---` between them. */
export function printOutput(form: OutputForm, { documents, text, names }: Output): string {
  if (form === "name") return [...new Set(names().map(printName))].join("");
  if (form === "yaml") return documents().map(printYaml).join("---\n");
  if (form !== "json") return text(form === "wide");
  return documents()
    .map((document) => `${JSON.stringify(document)}\n`)
    .join("");
}

/** The same fields as in JSON. */
function printYaml(document: unknown): string {
  return stringify(JSON.parse(JSON.stringify(document)), { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** `service/shop/web`; `node/n1` for an object without a namespace. */
function printName({ kind, namespace, name }: NamedObject): string {
  const parts = [kind.toLowerCase(), namespace, name].filter((part) => part !== "");
  return `${oneLine(parts.join("/"))}\n`;
}

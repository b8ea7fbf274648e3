import { parse, stringify } from "yaml";
import type { ObjectRef } from "#src/model/object.ts";
import { isRecord } from "#src/model/record.ts";

/** What a status file lays over its manifest. */
export interface Overlay {
  /** Replaces the manifest's `status`; undefined where nothing was ever written. */
  readonly status?: Readonly<Record<string, unknown>> | undefined;
  /** Set over the manifest's annotations; null removes one, whatever it says. */
  readonly annotations: Readonly<Record<string, string | null>>;
  /** The manifest's annotations that a program removed, as they were: one that says something else by now is there again. */
  readonly removed?: Readonly<Record<string, string>> | undefined;
}

/** What a person has to know about the file: nothing but this remembers the addresses of a Service. */
const ABOUT_SERVICES = [
  " It is read back when Hawser starts, so that addresses stay what they are. Without this file the Service is",
  " treated as new, and may get another address. Do not edit it while Hawser runs.",
];
const ABOUT_OTHERS = [
  " Hawser writes it again when it starts and the file is missing: nothing else depends on it.",
  " Do not edit it while Hawser runs.",
];

/** The text of a status file, for people first. */
export function printStatusFile(ref: ObjectRef, overlay: Overlay): string {
  const object = `${ref.kind} ${ref.namespace === "" ? "" : `${ref.namespace}/`}${ref.name}`;
  const header = [
    ` Written by Hawser: the status of ${object}.`,
    ...(ref.kind === "Service" ? ABOUT_SERVICES : ABOUT_OTHERS),
  ];
  const { status = {}, annotations, removed = {} } = overlay;
  const body = { ...ref, status, ...unlessEmpty({ annotations }), ...unlessEmpty({ removed }) };
  return `${header.map((line) => `#${line}\n`).join("")}${stringify(body, { aliasDuplicateObjects: false })}`;
}

function unlessEmpty(part: Readonly<Record<string, object>>): object {
  return Object.values(part).every((value) => Object.keys(value).length === 0) ? {} : part;
}

/** Reads a status file, or says in words why it cannot be read. */
export function parseStatusFile(text: string): Overlay | string {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return (error as Error).message.split("\n", 1)[0] ?? "it is not YAML";
  }
  if (!isRecord(value)) return "it is not a map";
  const { status = {}, annotations = {}, removed = {} } = value;
  if (!isRecord(status)) return "its status is not a map";
  if (!isRecord(annotations) || !isRecord(removed)) return "its annotations are not a map";
  const texts = Object.entries(annotations).filter((entry): entry is [string, string | null] => {
    return typeof entry[1] === "string" || entry[1] === null;
  });
  const hidden = Object.entries(removed).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return { status, annotations: Object.fromEntries(texts), removed: Object.fromEntries(hidden) };
}

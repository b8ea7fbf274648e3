import { parse, stringify } from "yaml";
import type { ObjectRef } from "#src/model/object.ts";
import { isRecord } from "#src/model/record.ts";

/** What a status file lays over its manifest. */
export interface Overlay {
  /** Replaces the manifest's `status`; undefined where nothing was ever written. */
  readonly status?: Readonly<Record<string, unknown>> | undefined;
  /** Set over the manifest's annotations; null removes one. */
  readonly annotations: Readonly<Record<string, string | null>>;
}

/** The text of a status file, for people first. */
export function printStatusFile(ref: ObjectRef, overlay: Overlay): string {
  const object = `${ref.kind} ${ref.namespace === "" ? "" : `${ref.namespace}/`}${ref.name}`;
  const header = [
    ` Written by Hawser: the status of ${object}.`,
    " It is read back when Hawser starts, so that addresses stay what they are. Deleting this file releases them:",
    " the object is then treated as new, and may get another address. Do not edit it while Hawser runs.",
  ];
  const { status = {}, annotations } = overlay;
  const body = { ...ref, status, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
  return `${header.map((line) => `#${line}\n`).join("")}${stringify(body, { aliasDuplicateObjects: false })}`;
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
  const { status = {}, annotations = {} } = value;
  if (!isRecord(status)) return "its status is not a map";
  if (!isRecord(annotations)) return "its annotations are not a map";
  const texts = Object.entries(annotations).filter((entry): entry is [string, string | null] => {
    return typeof entry[1] === "string" || entry[1] === null;
  });
  return { status, annotations: Object.fromEntries(texts) };
}

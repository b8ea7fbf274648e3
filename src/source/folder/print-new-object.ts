import { stringify } from "yaml";
import { factsOf } from "#src/model/kind.ts";
import type { NewObject } from "#src/source/source.ts";

/** The manifest of an object that a program makes. */
export function printNewObject(object: NewObject): string {
  const { kind, metadata, ...rest } = object;
  const { namespace, ...others } = metadata;
  const manifest = {
    apiVersion: factsOf(kind).apiVersion,
    kind,
    metadata: { ...(namespace === "" ? {} : { namespace }), ...others },
    ...rest,
  };
  return `# Written by Hawser.\n${stringify(manifest, { aliasDuplicateObjects: false })}`;
}

import type { Field } from "#src/model/field.ts";
import { readOwnName } from "./own-name.ts";

/** The key (`namespace/name`) of a ConfigMap in the namespace of the Ingress; or why it cannot be used, and what to write. */
export function readConfigMapName(
  field: Field,
): { readonly key: string } | { readonly why: string; readonly fix: string } {
  const read = readOwnName(String(field.value).trim(), field);
  if ("key" in read) return read;
  if (read.fault === "no-name") return { why: "it is not a name of a ConfigMap", fix: "Write the name alone" };
  return {
    why: "it is in another namespace, and the writer of this Ingress may not be allowed to use what is there",
    fix: `Copy it into the namespace ${read.own}, and write its name alone`,
  };
}

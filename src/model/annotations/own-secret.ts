import type { Field } from "#src/model/field.ts";
import { readOwnName } from "./own-name.ts";

/**
 * The key (`namespace/name`) of a Secret that an annotation names, with or without its namespace, which as in ingress-nginx by
 * default has to be that of the Ingress. Otherwise why it cannot be used.
 */
export function ownSecret(text: string, field: Field): string | { readonly why: string } {
  const read = readOwnName(text, field);
  if ("key" in read) return read.key;
  if (read.fault === "no-name") return { why: "it is not a name of a Secret" };
  return { why: "the Secret is in another namespace, and the writer of this Ingress may not be allowed to use it" };
}

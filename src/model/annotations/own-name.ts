import type { Field } from "#src/model/field.ts";
import { isDnsLabel, isDnsSubdomain } from "#src/model/name.ts";

/**
 * What an annotation names, with or without a namespace: the key (`namespace/name`) of an object in the namespace of the
 * Ingress, which is the only one whose objects its writer may surely use; or what is wrong with it.
 */
export function readOwnName(
  text: string,
  field: Field,
): { readonly key: string } | { readonly fault: "no-name" | "other-namespace"; readonly own: string } {
  const own = field.holder.kind === "object" ? field.holder.object.namespace : "";
  const [name = "", namespace = own, ...more] = text.split("/").reverse();
  if (more.length > 0 || !isDnsSubdomain(name) || !isDnsLabel(namespace)) return { fault: "no-name", own };
  return namespace === own ? { key: `${own}/${name}` } : { fault: "other-namespace", own };
}

import type { Field } from "#src/model/field.ts";
import { isDnsLabel, isDnsSubdomain } from "#src/model/name.ts";

/**
 * The key (`namespace/name`) of a Secret that an annotation names, with or without its namespace, which as in ingress-nginx by
 * default has to be that of the Ingress. Otherwise why it cannot be used.
 */
export function ownSecret(text: string, field: Field): string | { readonly why: string } {
  const own = field.holder.kind === "object" ? field.holder.object.namespace : "";
  const [name = "", namespace = own, ...more] = text.split("/").reverse();
  if (more.length > 0 || !isDnsSubdomain(name) || !isDnsLabel(namespace))
    return { why: "it is not a name of a Secret" };
  if (namespace === own) return `${own}/${name}`;
  return { why: "the Secret is in another namespace, and the writer of this Ingress may not be allowed to use it" };
}

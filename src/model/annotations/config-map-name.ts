import type { Field } from "#src/model/field.ts";
import { isDnsLabel, isDnsSubdomain } from "#src/model/name.ts";

/** The key (`namespace/name`) of a ConfigMap in the namespace of the Ingress; or why it cannot be used, and what to write. */
export function readConfigMapName(
  field: Field,
): { readonly key: string } | { readonly why: string; readonly fix: string } {
  const text = String(field.value).trim();
  const own = field.holder.kind === "object" ? field.holder.object.namespace : "";
  const [name = "", namespace = own, ...more] = text.split("/").reverse();
  if (more.length > 0 || !isDnsSubdomain(name) || !isDnsLabel(namespace))
    return { why: "it is not a name of a ConfigMap", fix: "Write the name alone" };
  if (namespace === own) return { key: `${own}/${name}` };
  return {
    why: "it is in another namespace, and the writer of this Ingress may not be allowed to use what is there",
    fix: `Copy it into the namespace ${own}, and write its name alone`,
  };
}

import { factsOf, type Kind, METALLB_KINDS } from "#src/model/kind.ts";
import type { NamedObject } from "#src/model/problem-place.ts";

/** The kinds that a plan depends on. */
export const PLANNED_KINDS: readonly Kind[] = ["ConfigMap", "Service", "Node", "Namespace", ...METALLB_KINDS];

/** Where objects are for which no namespace is given. */
interface DefaultNamespaces {
  /** Of ConfigMaps. */
  readonly namespace: string;
  readonly metallbNamespace: string;
}

/**
 * An object to delete, as `KIND/NAME` or `KIND/NAMESPACE/NAME`: the kind as kubectl takes it, in any case, also in the plural. Or
 * what is wrong with the text, as the end of a sentence.
 */
export function parseDeletion(text: string, namespaces: DefaultNamespaces): NamedObject | string {
  const [kindText = "", ...names] = text.split("/");
  if (names.length === 0 || names.length > 2 || names.includes(""))
    return "it is not KIND/NAME or KIND/NAMESPACE/NAME, as in IPAddressPool/edge or Service/shop/web";
  const kind = PLANNED_KINDS.find((one) => isNameOf(one, kindText.toLowerCase()));
  if (kind === undefined) return `no plan depends on a "${kindText}": the kinds are ${PLANNED_KINDS.join(", ")}`;
  const [name = "", namespace] = names.toReversed();
  if (!factsOf(kind).isNamespaced)
    return namespace === undefined ? { kind, namespace: "", name } : `a ${kind} is in no namespace`;
  if (namespace !== undefined) return { kind, namespace, name };
  if (kind === "Service") return `write its namespace, as in Service/shop/${name}`;
  return { kind, namespace: kind === "ConfigMap" ? namespaces.namespace : namespaces.metallbNamespace, name };
}

function isNameOf(kind: Kind, text: string): boolean {
  const { plural, apiVersion } = factsOf(kind);
  const [group = ""] = apiVersion.split("/");
  return [kind.toLowerCase(), plural].some((name) => text === name || text === `${name}.${group}`);
}

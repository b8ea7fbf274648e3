import type { JwksSource } from "#src/model/policies/jwks-source.ts";
import { type KeyObject, keyObjectText } from "./found-key-sets.ts";

type UriSource = Extract<JwksSource, { readonly kind: "uri" }>;

/** The object with the authorities that a URI is verified by, for a policy of this namespace; undefined: those of the system. */
export function authoritiesOf({ authorities }: UriSource, namespace: string): KeyObject | undefined {
  return authorities && { kind: authorities.kind, object: `${namespace}/${authorities.name}`, key: authorities.key };
}

/** Names the keys at a URI: those that are verified by other authorities are not the same. */
export function keyUriName(source: UriSource, namespace: string): string {
  const object = authoritiesOf(source, namespace);
  return object === undefined ? source.uri : `${source.uri} ${keyObjectText(object)}`;
}

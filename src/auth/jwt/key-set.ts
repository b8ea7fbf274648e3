import type { createLocalJWKSet, JWTVerifyGetKey } from "jose";
import type { PublicJwk } from "#src/model/policies/jwk.ts";

/** The keys of an issuer. */
export interface KeySet {
  readonly keys: readonly PublicJwk[];
  /** Finds the key for a token; keys are imported when they are needed first. */
  readonly find: JWTVerifyGetKey;
  /** Whether one of the keys has this id. */
  hasKeyId(keyId: string): boolean;
}

/** Keys that are looked at, and the library loaded that does it, when there is a token. */
export function keySet(keys: readonly PublicJwk[]): KeySet {
  const ids = new Set(keys.map(({ kid }) => kid));
  let local: ReturnType<typeof createLocalJWKSet> | undefined;
  return {
    keys,
    find: async (head, token) => {
      local ??= (await import("jose")).createLocalJWKSet({ keys: [...keys] });
      return local(head, token);
    },
    hasKeyId: (keyId) => ids.has(keyId),
  };
}

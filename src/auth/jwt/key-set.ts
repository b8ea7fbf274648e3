import { createLocalJWKSet } from "jose";
import type { PublicJwk } from "#src/model/policies/jwk.ts";

/** The keys of an issuer. */
export interface KeySet {
  /** Finds the key for a token; keys are imported when they are needed first. */
  readonly find: ReturnType<typeof createLocalJWKSet>;
  /** Whether one of the keys has this id. */
  hasKeyId(keyId: string): boolean;
}

export function keySet(keys: readonly PublicJwk[]): KeySet {
  const ids = new Set(keys.map(({ kid }) => kid));
  return { find: createLocalJWKSet({ keys: [...keys] }), hasKeyId: (keyId) => ids.has(keyId) };
}

import { FoundKeySets } from "#src/auth/jwt/found-key-sets.ts";
import { jwksClaims } from "#src/auth/jwt/jwks-claims.ts";
import { complain } from "#src/model/field.ts";
import type { Problem } from "#src/model/problem.ts";
import type { CheckedSet } from "./checked-set.ts";
import { fieldAt } from "./field-at.ts";

/**
 * Secrets and ConfigMaps with the keys of tokens that cannot be read; and, as warnings at the policies that name them, those that are not
 * among the objects, because they may come from elsewhere. Where there is no Service at all, the set is a part of something larger, and
 * nothing is reported as missing.
 */
export function findBadKeySets(set: CheckedSet): readonly Problem[] {
  const found: Problem[] = [];
  for (const { policies, ...named } of jwksClaims(set.ingresses).objects) {
    const { kind, object: key } = named;
    const object = set.objectOf(kind, key);
    if (object === undefined && set.services.length === 0) continue;
    const { problems } = new FoundKeySets().read([named], () => object);
    for (const { code, what, why, fix } of problems) {
      if (object !== undefined) complain(set.rootOf(kind, key, found), code, { what, why, fix });
      else for (const policy of policies) complainMissing(set, found, { policy, name: `${kind} ${key}` });
    }
  }
  return found;
}

function complainMissing(
  { rootOf }: CheckedSet,
  found: Problem[],
  { policy, name }: { readonly policy: string; readonly name: string },
): void {
  complain(fieldAt(rootOf("HTTPPolicy", policy, found), "spec.jwt"), "JWKS_UNAVAILABLE", {
    what: `Cannot find ${name} with the keys of tokens`,
    why: "it does not exist here, and requests with a token are answered 503 without it",
    fix: "Add it, or fix its name",
    severity: "warning",
  });
}

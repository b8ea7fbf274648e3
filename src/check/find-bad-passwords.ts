import { findPasswordLists, passwordClaims } from "#src/auth/find-password-lists.ts";
import { AUTH_SECRET } from "#src/model/annotations/auth-secret.ts";
import { servedField } from "#src/model/annotations/served-field.ts";
import { complain, type Field, quote } from "#src/model/field.ts";
import type { Problem } from "#src/model/problem.ts";
import type { CheckedSet } from "./checked-set.ts";

/**
 * Secrets with names and passwords that cannot be read, or that are not among the objects: as warnings, because they may come
 * from elsewhere. Where there is no Service at all, the set is a part of something larger, and nothing is reported as missing.
 */
export function findBadPasswords(set: CheckedSet): readonly Problem[] {
  const claims = passwordClaims(set.ingresses);
  const { problems } = findPasswordLists(claims, (key) => set.objectOf("Secret", key) ?? null);
  if (set.services.length === 0) return problems;
  const missing: Problem[] = [];
  for (const { secret, ingresses } of claims) {
    if (set.objectOf("Secret", secret) !== undefined) continue;
    for (const { key } of ingresses) {
      const field = servedField(set.rootOf("Ingress", key, missing), AUTH_SECRET);
      if (field !== undefined) complainOfMissing(field, secret);
    }
  }
  return [...problems, ...missing];
}

function complainOfMissing(field: Field, key: string): void {
  complain(field, "INGRESS_AUTH_SECRET_MISSING", {
    what: `Cannot find Secret ${quote(key)}`,
    why: "it does not exist here, and the paths of this Ingress are closed without it",
    fix: "Add the Secret, or fix its name",
    severity: "warning",
  });
}

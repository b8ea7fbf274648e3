import { findPasswordLists, passwordClaims } from "#src/auth/find-password-lists.ts";
import { AUTH_SECRET } from "#src/model/annotations/auth-secret.ts";
import type { Problem } from "#src/model/problem.ts";
import type { CheckedSet } from "./checked-set.ts";
import { missingSecrets } from "./missing-secrets.ts";

/** Secrets with names and passwords that cannot be read, or that are not among the objects. */
export function findBadPasswords(set: CheckedSet): readonly Problem[] {
  const claims = passwordClaims(set.ingresses);
  const { problems } = findPasswordLists(claims, (key) => set.objectOf("Secret", key) ?? null);
  const annotationsOf = () => [AUTH_SECRET];
  return [...problems, ...missingSecrets(set, claims, { code: "INGRESS_AUTH_SECRET_MISSING", annotationsOf })];
}

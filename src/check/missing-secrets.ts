import type { ServedAnnotation } from "#src/model/annotations/annotation-record.ts";
import { servedField } from "#src/model/annotations/served-field.ts";
import { complain, quote } from "#src/model/field.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { ProblemCode } from "#src/model/problem-codes.ts";
import type { Problem } from "#src/model/problem.ts";
import type { SecretClaim } from "#src/model/secret-claims.ts";
import type { CheckedSet } from "./checked-set.ts";

/**
 * Secrets that close paths while they are not there, and that are not among the objects: as warnings at the annotations that name
 * them, because they may come from elsewhere. Where there is no Service at all, the set is a part of something larger, and nothing
 * is reported as missing.
 */
export function missingSecrets(
  set: CheckedSet,
  claims: readonly SecretClaim<{ readonly secret: string }>[],
  {
    code,
    annotationsOf,
  }: {
    readonly code: ProblemCode;
    /** The annotations by which an Ingress names a Secret. */
    readonly annotationsOf: (ingress: Ingress, secret: string) => readonly ServedAnnotation<string>[];
  },
): readonly Problem[] {
  const problems: Problem[] = [];
  if (set.services.length === 0) return problems;
  const told = new Set<string>();
  for (const { secret, ingresses } of claims) {
    if (set.objectOf("Secret", secret) !== undefined) continue;
    for (const ingress of ingresses) {
      // One that names a Secret in two ways has a claim for each.
      const pair = `${ingress.key} ${secret}`;
      if (told.has(pair)) continue;
      told.add(pair);
      const root = set.rootOf("Ingress", ingress.key, problems);
      for (const annotation of annotationsOf(ingress, secret)) {
        const field = servedField(root, annotation);
        if (field === undefined) continue;
        complain(field, code, {
          what: `Cannot find Secret ${quote(secret)}`,
          why: "it does not exist here, and the paths of this Ingress are closed without it",
          fix: "Add the Secret, or fix its name",
          severity: "warning",
        });
      }
    }
  }
  return problems;
}

import type { ServedAnnotation } from "#src/model/annotations/annotation-record.ts";
import { servedField } from "#src/model/annotations/served-field.ts";
import { complain, type Field, quote } from "#src/model/field.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { allTerms } from "#src/model/path-terms.ts";
import type { ProblemCode } from "#src/model/problem-codes.ts";
import type { Problem } from "#src/model/problem.ts";
import type { SecretClaim } from "#src/model/secret-claims.ts";
import { namePaths } from "#src/routing/ingress/default-ingress.ts";
import type { CheckedSet } from "./checked-set.ts";
import { fieldAt } from "./field-at.ts";

/**
 * Secrets that close paths while they are not there, and that are not among the objects: as warnings at the annotations and policies
 * that name them, because they may come from elsewhere. Where there is no Service at all, the set is a part of something larger, and nothing
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
      const annotations = annotationsOf(ingress, secret).flatMap((one) => servedField(root, one) ?? []);
      for (const field of [...annotations, ...policyFields(set, ingress, { secret, told, problems })])
        complain(field, code, {
          what: `Cannot find Secret ${quote(secret)}`,
          why: `it does not exist here, and the ${namePaths(ingress)} are closed without it`,
          fix: "Add the Secret, or fix its name",
          severity: "warning",
        });
    }
  }
  return problems;
}

/** The settings of policies by which paths of an Ingress name a Secret, each of them once. */
function policyFields(
  { rootOf }: CheckedSet,
  ingress: Ingress,
  of: { readonly secret: string; readonly told: Set<string>; readonly problems: Problem[] },
): readonly Field[] {
  const applied = allTerms(ingress).flatMap((terms) => terms.applied ?? []);
  return applied.flatMap(({ policy, part }) => {
    const name = `${policy} ${part.at} ${of.secret}`;
    if (!Object.values(part.values).includes(of.secret) || of.told.has(name)) return [];
    of.told.add(name);
    return [fieldAt(rootOf("HTTPPolicy", policy, of.problems), part.at)];
  });
}

import type { Ingress } from "./ingress.ts";
import { allTerms } from "./path-terms.ts";

/** The ConfigMaps (`namespace/name`) that Ingresses name, by what for. */
export function configMapClaims(ingresses: readonly Ingress[]): {
  readonly ofAnswers: ReadonlySet<string>;
  readonly ofQuestions: ReadonlySet<string>;
} {
  const terms = ingresses.flatMap(allTerms);
  return {
    ofAnswers: new Set(terms.flatMap(({ settings }) => settings.customHeaders ?? [])),
    ofQuestions: new Set(terms.flatMap(({ settings }) => settings.authSetHeaders ?? [])),
  };
}

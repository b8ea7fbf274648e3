import type { Problem } from "#src/model/problem.ts";
import { defaultServiceMissing } from "#src/routing/ingress/default-rule.ts";
import { secretMissing } from "#src/tls/secret-missing.ts";
import type { CheckedSet } from "./checked-set.ts";

/**
 * What the ingress's options name and is not among the objects: the Service for requests that no rule matches, the Secret of the default
 * certificate. As warnings, unless `isWhole`, because they may come from elsewhere; where there is no Service at all, nothing is reported.
 */
export function findMissingDefaults(set: CheckedSet, isWhole: boolean): readonly Problem[] {
  const { installation, services, objectOf } = set;
  if (services.length === 0 && !isWhole) return [];
  const { defaultService, defaultSecret } = installation;
  const lacksService = defaultService !== undefined && objectOf("Service", defaultService) === undefined;
  const lacksSecret = defaultSecret !== undefined && objectOf("Secret", defaultSecret) === undefined;
  const found = [
    ...(lacksService ? [defaultServiceMissing(defaultService)] : []),
    ...(lacksSecret ? [secretMissing(defaultSecret)] : []),
  ];
  return isWhole ? found : found.map((problem) => ({ ...problem, severity: "warning" }));
}

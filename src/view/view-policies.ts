import type { Rule } from "#src/routing/rule.ts";

/** What an HTTPPolicy says of a rule. */
export interface PolicyView {
  /** `namespace/name`. */
  readonly policy: string;
  /** Names of settings and fields of it that count for the rule: `proxy-body-size`, `jwt`. Empty: none does. */
  readonly parts: readonly string[];
}

/** What policies say of a rule. */
export function viewPolicies({ applied = [], policies = [] }: Rule): readonly PolicyView[] {
  return policies.map((policy) => ({
    policy,
    parts: applied.filter((one) => one.policy === policy).map(({ part }) => part.name),
  }));
}

/** `HTTPPolicy shop/api: limit-rps, proxy-body-size`. */
export function printPolicies(policies: readonly PolicyView[]): string {
  return policies
    .map(({ policy, parts }) => `HTTPPolicy ${policy}: ${parts.length === 0 ? "nothing" : parts.join(", ")}`)
    .join("; ");
}

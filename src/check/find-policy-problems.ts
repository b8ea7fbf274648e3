import { complain } from "#src/model/field.ts";
import type { Problem } from "#src/model/problem.ts";
import { judgePolicies } from "#src/routing/ingress/judge-policies.ts";
import type { PolicyVerdict } from "#src/routing/ingress/judge-policy.ts";
import type { CheckedSet } from "./checked-set.ts";
import { fieldAt } from "./field-at.ts";

/** What policies contradict, what they cannot do, and targets that are not there, each at its line. */
export function findPolicyProblems(set: CheckedSet): readonly Problem[] {
  const { policies, attached, ingresses } = set;
  if (policies.length === 0) return [];
  const byKey = new Map(ingresses.map((ingress) => [ingress.key, ingress]));
  const verdicts = judgePolicies(policies, {
    problems: new Map(),
    attached: new Map(attached.map((one) => [one.ingress.key, one])),
    ingressOf: (key) => byKey.get(key),
    isOurs: () => true,
  });
  const missing = [...verdicts.values()].filter(
    (verdict) => verdict.reason === "TargetNotFound" && !isOfOthers(verdict, set),
  );
  const found = attached.flatMap(({ findings }) => findings);
  return [...found, ...missing.map(({ policy, problem }) => ({ policy: policy.key, problem }))].flatMap(
    ({ policy, problem }) => (problem === undefined ? [] : atLine(set, policy, problem)),
  );
}

/** Whether a target that is not found is an Ingress that another controller serves. */
function isOfOthers({ policy, problem }: PolicyVerdict, { objectOf, ingresses }: CheckedSet): boolean {
  const at = problem?.at.kind === "object" ? problem.at.path : undefined;
  const target = policy.targets.find((one) => one.at === at);
  const key = `${policy.namespace}/${target?.name}`;
  if (target?.kind !== "Ingress" || objectOf("Ingress", key) === undefined) return false;
  return !ingresses.some((ingress) => ingress.key === key);
}

function atLine({ rootOf }: CheckedSet, policy: string, problem: Problem): readonly Problem[] {
  const found: Problem[] = [];
  const { code, what, why, fix, severity } = problem;
  const path = problem.at.kind === "object" ? (problem.at.path ?? "") : "";
  const root = rootOf("HTTPPolicy", policy, found);
  complain(path === "" ? root : fieldAt(root, path), code, { what, why, fix, severity });
  return found;
}

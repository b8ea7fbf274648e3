import type { Ingress } from "#src/model/ingress.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import type { PolicyReason } from "#src/model/policies/policy-reason.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import { type PolicyFinding, targetId } from "./attach-policies.ts";

/** What becomes of a policy. */
export interface PolicyVerdict {
  readonly policy: HttpPolicy;
  readonly reason: PolicyReason;
  /** Why it is not accepted; undefined: it is. */
  readonly problem: Problem | undefined;
}

/** What a policy is judged by. */
export interface JudgedBy {
  /** What is wrong with the policy itself. */
  readonly problems: readonly Problem[];
  /** Whether a target (`targetId`) is reached by an Ingress of ours; undefined: by none at all. */
  readonly isReached: (target: string) => boolean | undefined;
  /** The worst of what Ingresses of ours say of it. */
  readonly finding: PolicyFinding | undefined;
  /** An Ingress of any class, as it is written. */
  readonly ingressOf: (key: string) => Ingress | undefined;
}

/** Paths that a message names. */
const MAX_PATHS = 5;

/** What becomes of a policy; undefined where it is attached to Ingresses of other classes alone. */
export function judgePolicy(policy: HttpPolicy, by: JudgedBy): PolicyVerdict | undefined {
  const reached = policy.targets.map((target) => by.isReached(targetId(policy, target)));
  if (!reached.includes(true) && reached.includes(false)) return undefined;
  if (policy.isClosed) {
    const problem = by.problems.find(({ severity }) => severity === "error");
    return { policy, reason: "Invalid", problem };
  }
  if (by.finding !== undefined) return { policy, reason: by.finding.reason, problem: by.finding.problem };
  const missing = policy.targets[reached.indexOf(undefined)];
  if (missing === undefined) return { policy, reason: "Accepted", problem: undefined };
  return { policy, reason: "TargetNotFound", problem: targetMissing(policy, missing, by) };
}

function targetMissing(
  { key, namespace }: HttpPolicy,
  target: HttpPolicy["targets"][number],
  { ingressOf }: JudgedBy,
): Problem {
  return {
    code: "POLICY_TARGET_MISSING",
    at: objectAt("HTTPPolicy", key, target.at),
    what: "Attached this policy to nothing here",
    ...whyMissing(namespace, target, ingressOf(`${namespace}/${target.name}`)),
    severity: "warning",
  };
}

function whyMissing(
  namespace: string,
  { kind, name, path, host }: HttpPolicy["targets"][number],
  ingress: Ingress | undefined,
): Pick<Problem, "why" | "fix"> {
  if (kind === "Service")
    return {
      why: `neither an Ingress of the namespace nor --default-backend-service sends requests to Service "${namespace}/${name}"`,
      fix: "Fix the name, or create the Ingress",
    };
  if (ingress === undefined)
    return { why: `there is no Ingress "${namespace}/${name}"`, fix: "Fix the name, or create the Ingress" };
  const paths = ingress.rules
    .filter((rule) => host === undefined || rule.host === host)
    .flatMap((rule) => rule.paths.map((one) => one.path));
  const shown = [...new Set(paths)].slice(0, MAX_PATHS).join(", ");
  const where = host === undefined ? "" : ` for host ${host === "" ? "*" : host}`;
  return {
    why: `Ingress "${namespace}/${name}" has no path ${path ?? "/"}${where}`,
    fix: shown === "" ? "Remove path" : `Write one of its paths as it is there: ${shown}`,
  };
}

import type { Ingress } from "#src/model/ingress.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import type { PolicyReason } from "#src/model/policies/policy-reason.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import { type AttachedIngress, type PolicyFinding, targetId } from "./attach-policies.ts";

/** What becomes of a policy. */
export interface PolicyVerdict {
  readonly policy: HttpPolicy;
  readonly reason: PolicyReason;
  /** Why it is not accepted; undefined: it is. */
  readonly problem: Problem | undefined;
}

/** What policies are judged by. */
export interface JudgedWorld {
  readonly policies: Iterable<HttpPolicy>;
  /** What is wrong with a policy itself, by key. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  /** By the key of the Ingress; those without any policy may be missing. */
  readonly attached: ReadonlyMap<string, AttachedIngress>;
  /** An Ingress of any class, as it is written. */
  readonly ingressOf: (key: string) => Ingress | undefined;
  readonly isOurs: (key: string) => boolean;
}

/** Paths that a message names. */
const MAX_PATHS = 5;

/** What becomes of each policy, by key. Of those that are attached to Ingresses of other classes alone nothing is said. */
export function judgePolicies(world: JudgedWorld): ReadonlyMap<string, PolicyVerdict> {
  const reachedBy = new Map<string, boolean>();
  const findings = new Map<string, PolicyFinding>();
  for (const [key, attached] of world.attached) {
    const isOurs = world.isOurs(key);
    for (const id of attached.reached) reachedBy.set(id, isOurs || reachedBy.get(id) === true);
    for (const finding of isOurs ? attached.findings : []) {
      const known = findings.get(finding.policy);
      if (known === undefined || isWorse(finding, known)) findings.set(finding.policy, finding);
    }
  }
  const verdicts = new Map<string, PolicyVerdict>();
  for (const policy of world.policies) {
    const verdict = judge(policy, { world, reachedBy, finding: findings.get(policy.key) });
    if (verdict !== undefined) verdicts.set(policy.key, verdict);
  }
  return verdicts;
}

function isWorse({ problem: left }: PolicyFinding, { problem: right }: PolicyFinding): boolean {
  return left.severity === "error" && right.severity !== "error";
}

function judge(
  policy: HttpPolicy,
  of: {
    readonly world: JudgedWorld;
    /** By target: whether it is reached by an Ingress of ours. */
    readonly reachedBy: ReadonlyMap<string, boolean>;
    readonly finding: PolicyFinding | undefined;
  },
): PolicyVerdict | undefined {
  const reached = policy.targets.map((target) => of.reachedBy.get(targetId(policy, target)));
  if (!reached.includes(true) && reached.includes(false)) return undefined;
  if (policy.isClosed) {
    const problem = of.world.problems.get(policy.key)?.find(({ severity }) => severity === "error");
    return { policy, reason: "Invalid", problem };
  }
  if (of.finding !== undefined) return { policy, reason: of.finding.reason, problem: of.finding.problem };
  const missing = policy.targets[reached.indexOf(undefined)];
  if (missing === undefined) return { policy, reason: "Accepted", problem: undefined };
  return { policy, reason: "TargetNotFound", problem: targetMissing(policy, missing, of.world) };
}

function targetMissing(
  { key, namespace }: HttpPolicy,
  target: HttpPolicy["targets"][number],
  { ingressOf }: JudgedWorld,
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
      why: `no Ingress of the namespace sends requests to Service "${namespace}/${name}"`,
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

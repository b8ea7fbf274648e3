import { addToSet, removeFromSet } from "#src/collections/add-to-set.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { HttpPolicy } from "#src/model/policies/http-policy.ts";
import type { Problem } from "#src/model/problem.ts";
import type { AttachedIngress, PolicyFinding } from "./attach-policies.ts";
import { judgePolicy, type PolicyVerdict } from "./judge-policy.ts";

/** What policies are judged by. */
export interface JudgedWorld {
  /** What is wrong with a policy itself, by key. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  /** By the key of the Ingress; those without any policy may be missing. */
  readonly attached: ReadonlyMap<string, AttachedIngress>;
  /** An Ingress of any class, as it is written. */
  readonly ingressOf: (key: string) => Ingress | undefined;
  readonly isOurs: (key: string) => boolean;
}

/** What an Ingress says of the policies that are for it. */
interface Said {
  readonly isOurs: boolean;
  readonly attached: AttachedIngress;
}

/** By target: how many Ingresses reach it, and how many of these are ours. */
interface Reach {
  all: number;
  ours: number;
}

/**
 * What becomes of policies. Only those that a change touches are judged again: the work for one does not grow with their number, and is
 * done when it is asked for.
 */
export class PolicyVerdicts {
  readonly #world: JudgedWorld;
  readonly #policies = new Map<string, HttpPolicy>();
  /** The policies (by key) with an Ingress as target, by its key. */
  readonly #namedBy = new Map<string, Set<string>>();
  readonly #said = new Map<string, Said>();
  readonly #reach = new Map<string, Reach>();
  /** By policy: the worst finding of each Ingress of ours, by its key. */
  readonly #findings = new Map<string, Map<string, PolicyFinding>>();
  readonly #touchedIngresses = new Set<string>();
  readonly #touchedPolicies = new Set<string>();
  readonly #verdicts = new Map<string, PolicyVerdict>();
  readonly #missing = new Map<string, Problem>();

  constructor(world: JudgedWorld) {
    this.#world = world;
  }

  /** Says that a policy came, was read again, or went. */
  changePolicy(key: string, after: HttpPolicy | undefined): void {
    const before = this.#policies.get(key);
    for (const name of before === undefined ? [] : ingressesNamedBy(before)) removeFromSet(this.#namedBy, name, key);
    if (after === undefined) this.#policies.delete(key);
    else {
      this.#policies.set(key, after);
      for (const name of ingressesNamedBy(after)) addToSet(this.#namedBy, name, key);
    }
    this.#touchedPolicies.add(key);
  }

  /** Says that an Ingress, what is attached to it, or whether it is ours, may be something else. */
  touchIngress(key: string): void {
    this.#touchedIngresses.add(key);
  }

  /** Says that any Ingress may be ours now, or not any more. */
  touchAll(): void {
    for (const key of this.#said.keys()) this.#touchedIngresses.add(key);
    for (const key of this.#world.attached.keys()) this.#touchedIngresses.add(key);
  }

  /** By policy. Of those that are attached to Ingresses of other classes alone nothing is said. */
  get verdicts(): ReadonlyMap<string, PolicyVerdict> {
    this.#judge();
    return this.#verdicts;
  }

  /** By policy: why its target is not found. */
  get missing(): ReadonlyMap<string, Problem> {
    this.#judge();
    return this.#missing;
  }

  #judge(): void {
    for (const key of this.#touchedIngresses) this.#hear(key);
    this.#touchedIngresses.clear();
    for (const key of this.#touchedPolicies) {
      const policy = this.#policies.get(key);
      const verdict = policy && this.#verdictOf(policy);
      if (verdict === undefined) this.#verdicts.delete(key);
      else this.#verdicts.set(key, verdict);
      if (verdict?.reason === "TargetNotFound" && verdict.problem !== undefined)
        this.#missing.set(key, verdict.problem);
      else this.#missing.delete(key);
    }
    this.#touchedPolicies.clear();
  }

  #verdictOf(policy: HttpPolicy): PolicyVerdict | undefined {
    const { problems, ingressOf } = this.#world;
    return judgePolicy(policy, {
      problems: problems.get(policy.key) ?? [],
      isReached: (target) => {
        const reach = this.#reach.get(target);
        return reach && reach.ours > 0;
      },
      finding: worstOf(this.#findings.get(policy.key)),
      ingressOf,
    });
  }

  /** Takes what an Ingress says of policies in the place of what it said. */
  #hear(key: string): void {
    for (const policy of this.#namedBy.get(key) ?? []) this.#touchedPolicies.add(policy);
    const { attached, isOurs } = this.#world;
    const [before, now] = [this.#said.get(key), attached.get(key)];
    if (before !== undefined) this.#count(key, before, -1);
    if (now === undefined) {
      this.#said.delete(key);
      return;
    }
    const said = { isOurs: isOurs(key), attached: now };
    this.#said.set(key, said);
    this.#count(key, said, 1);
  }

  #count(key: string, { isOurs, attached }: Said, by: 1 | -1): void {
    for (const target of attached.reached) {
      const reach = this.#reach.get(target) ?? { all: 0, ours: 0 };
      this.#reach.set(target, reach);
      reach.all += by;
      if (isOurs) reach.ours += by;
      if (reach.all === 0) this.#reach.delete(target);
      this.#touchedPolicies.add(target.slice(0, target.indexOf(" ")));
    }
    for (const finding of isOurs ? attached.findings : []) this.#countFinding(key, finding, by);
  }

  #countFinding(key: string, finding: PolicyFinding, by: 1 | -1): void {
    const { policy } = finding;
    this.#touchedPolicies.add(policy);
    const found = this.#findings.get(policy) ?? new Map<string, PolicyFinding>();
    const known = found.get(key);
    if (by < 0) found.delete(key);
    else if (known === undefined || isWorse(finding, known)) found.set(key, finding);
    if (found.size === 0) this.#findings.delete(policy);
    else this.#findings.set(policy, found);
  }
}

function ingressesNamedBy({ namespace, targets }: HttpPolicy): ReadonlySet<string> {
  return new Set(targets.flatMap(({ kind, name }) => (kind === "Ingress" ? [`${namespace}/${name}`] : [])));
}

/** Of several that are equally bad that of the first Ingress by name, whichever was seen first. */
function worstOf(findings: ReadonlyMap<string, PolicyFinding> | undefined): PolicyFinding | undefined {
  let [worstKey, worst] = ["", undefined as PolicyFinding | undefined];
  for (const [key, finding] of findings ?? [])
    if (worst === undefined || isWorse(finding, worst) || (!isWorse(worst, finding) && key < worstKey))
      [worstKey, worst] = [key, finding];
  return worst;
}

function isWorse({ problem: left }: PolicyFinding, { problem: right }: PolicyFinding): boolean {
  return left.severity === "error" && right.severity !== "error";
}

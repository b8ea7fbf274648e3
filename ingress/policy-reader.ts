import type { Ingress } from "#src/model/ingress.ts";
import { type HttpPolicy, parseHttpPolicy } from "#src/model/policies/http-policy.ts";
import { notSharedProblem } from "#src/model/policies/not-shared-problem.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ProblemLog } from "#src/process/problem-log.ts";
import type { PolicyFinding } from "#src/routing/ingress/attach-policies.ts";
import type { PolicyVerdict } from "#src/routing/ingress/judge-policy.ts";
import { policyKindGone } from "#src/routing/ingress/policy-kind-gone.ts";
import { PolicyVerdicts } from "#src/routing/ingress/policy-verdicts.ts";
import { type Change, ParsedObjects } from "#src/source/parsed-objects.ts";
import type { Source } from "#src/source/source.ts";
import type { IngressNotice } from "./status/ingress-events.ts";
import { PolicyIndex } from "./policy-index.ts";
import type { WrittenIngresses } from "./written-ingresses.ts";

const KIND = "HTTPPolicy";
/** Findings that are reported at once. */
const MAX_FINDINGS = 1_000;

interface PolicyReaderOptions {
  readonly source: Source;
  readonly problems: ProblemLog;
  readonly ingresses: WrittenIngresses;
  /** Whether an Ingress (`namespace/name`) is ours: only what is said of these is reported. */
  readonly isOurs: (key: string) => boolean;
  /** Replicas can count rate limits together. */
  readonly countsTogether: boolean;
}

/** Reads policies, and attaches them to Ingresses. */
export class PolicyReader {
  readonly #options: PolicyReaderOptions;
  readonly #index: PolicyIndex;
  /** What is wrong with policies themselves, by key. */
  readonly #unreadable = new Map<string, readonly Problem[]>();
  readonly #policies: ParsedObjects<HttpPolicy>;
  readonly #verdicts: PolicyVerdicts;
  /** Whether verdicts may be other ones than at the last report. */
  #isNew = true;
  /** Whether the kind was there at the last report. */
  #wasThere: boolean | undefined;

  constructor(options: PolicyReaderOptions) {
    const { source, problems, ingresses, isOurs, countsTogether } = options;
    this.#options = options;
    this.#index = new PolicyIndex(ingresses, (key) => this.#verdicts.touchIngress(key));
    this.#verdicts = new PolicyVerdicts({
      problems: this.#unreadable,
      attached: this.#index.attached,
      ingressOf: (key) => ingresses.get(key),
      isOurs,
    });
    this.#policies = new ParsedObjects({
      get: (key) => source.get(KIND, key),
      parse: (object) => {
        const parsed = parseHttpPolicy(object);
        const notShared = parsed.ok && !countsTogether ? notSharedProblem(parsed.value) : undefined;
        return notShared === undefined ? parsed : { ...parsed, problems: [...parsed.problems, notShared] };
      },
      onProblems: (key, found) => {
        if (found.length === 0) this.#unreadable.delete(key);
        else this.#unreadable.set(key, found);
        problems.report(`${KIND} ${key}`, found);
      },
    });
  }

  /** Says that a policy may have changed, or gone. */
  mark(key: string): void {
    this.#policies.mark(key);
  }

  /**
   * The changes of Ingresses with what policies say of them. When the definition of the kind is removed, all policies go with it,
   * and not because their writers want to open what they protect: what they said stays until the kind is there again.
   */
  update(ingresses: readonly Change<Ingress>[]): readonly Change<Ingress>[] {
    const isThere = this.#options.source.has(KIND);
    const policies = isThere ? this.#policies.update() : [];
    for (const { key, after } of policies) this.#verdicts.changePolicy(key, after);
    const changes = this.#index.update(ingresses, policies);
    // Ingresses say whether targets are there.
    if (policies.length + ingresses.length > 0) this.#isNew = true;
    return changes;
  }

  /** Reports what is wrong as of the last update, when it is known which Ingresses are ours. False: nothing has changed. */
  report(): boolean {
    const { source, problems } = this.#options;
    const isNew = this.#isNew;
    this.#isNew = false;
    const isThere = source.has(KIND);
    // Endpoints come and go all the time, and change nothing here.
    if (!isNew && isThere === this.#wasThere) return false;
    this.#wasThere = isThere;
    const kept = isThere ? 0 : [...this.#policies.values()].length;
    const gone = kept === 0 ? [] : [policyKindGone(kept)];
    const missing = this.#verdicts.missing.values();
    const found = [...gone, ...this.#findings().map(({ problem }) => problem), ...missing];
    problems.report("policies", found.slice(0, MAX_FINDINGS));
    return isNew;
  }

  /** Says that other Ingresses may be ours. */
  judgeAgain(): void {
    this.#verdicts.touchAll();
    this.#isNew = true;
  }

  /** What becomes of policies, by key. */
  verdicts(): ReadonlyMap<string, PolicyVerdict> {
    return this.#verdicts.verdicts;
  }

  /** The policies that are refused, or attached to nothing. */
  *notices(): Generator<IngressNotice> {
    for (const { policy, reason, problem } of this.verdicts().values()) {
      const { namespace, name } = policy;
      if (reason !== "Accepted" && problem !== undefined) yield { kind: KIND, namespace, name, reason, problem };
    }
  }

  /** What is wrong between policies, and between them and Ingresses of ours. */
  #findings(): readonly PolicyFinding[] {
    const found: PolicyFinding[] = [];
    for (const [key, { findings }] of this.#index.attached) {
      if (findings.length === 0 || !this.#options.isOurs(key)) continue;
      found.push(...findings);
      if (found.length >= MAX_FINDINGS) break;
    }
    return found;
  }
}

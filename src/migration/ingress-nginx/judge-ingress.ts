import { annotationRecord } from "#src/model/annotations/annotation-table.ts";
import { NGINX_PREFIXES } from "#src/model/annotations/prefixes.ts";
import { splitKey } from "#src/model/annotations/split-key.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import { type Problem, withPlacePrinted } from "#src/model/problem.ts";
import type { ProblemCode } from "#src/model/problem-codes.ts";

/** `works`: as it is. `differs`: without a part that changes neither who may come in nor what is reached. `refused`: it is closed, or a part of it. */
type IngressVerdict = "works" | "differs" | "refused";

/** What becomes of an Ingress of ingress-nginx. */
export interface JudgedIngress {
  /** `namespace/name`. */
  readonly ingress: string;
  readonly verdict: IngressVerdict;
  /** Its annotations that Hawser serves, by their whole names. */
  readonly served: readonly string[];
  /** Those that Hawser need not do anything for. */
  readonly needless: readonly string[];
  readonly findings: readonly IngressFinding[];
}

/** `note`: it is so with ingress-nginx, too. */
export interface IngressFinding {
  readonly effect: Exclude<IngressVerdict, "works"> | "note";
  readonly code: ProblemCode;
  /** `metadata.annotations["..."]`, or another place in the Ingress. */
  readonly at: string;
  readonly text: string;
  readonly fix: string;
}

/** What ingress-nginx does not serve either, or serves by the same rule. */
const NOTES: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  "INGRESS_ANNOTATION_MISSPELT",
  "INGRESS_PATH_TAKEN",
  "INGRESS_CLASS_TWICE",
  "INGRESS_EMPTY",
]);

/** Judges an Ingress by all that `hawser check` finds in it. */
export function judgeIngress(object: KubeObject, problems: readonly Problem[]): JudgedIngress {
  const findings = problems.map(findingOf);
  const effects = findings.map(({ effect }) => effect);
  const names = Object.keys(object.metadata.annotations);
  return {
    ingress: keyOf(object.metadata),
    verdict: effects.includes("refused") ? "refused" : effects.includes("differs") ? "differs" : "works",
    served: names.filter((name) => isServed(name) && !findings.some(({ at }) => at.includes(JSON.stringify(name)))),
    needless: names.filter((name) => recordOfName(name)?.needless !== undefined),
    findings,
  };
}

function findingOf(problem: Problem): IngressFinding {
  const { at, code, what, why, fix, severity } = problem;
  const effect = NOTES.has(code) ? "note" : severity === "error" ? "refused" : "differs";
  const path = at.kind === "object" ? (at.path ?? "") : withPlacePrinted(problem).where;
  const text = code === "INGRESS_ANNOTATION_MISSPELT" ? "There is no annotation of this name" : `${what}: ${why}`;
  return { effect, code, at: path, text, fix };
}

function isServed(key: string): boolean {
  return recordOfName(key)?.served?.prefixes.includes(splitKey(key)[0]) === true;
}

function recordOfName(key: string) {
  const [prefix, name] = splitKey(key);
  return NGINX_PREFIXES.includes(prefix) ? annotationRecord(prefix, name) : undefined;
}

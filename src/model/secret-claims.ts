import type { Ingress } from "./ingress.ts";
import type { KubeObject } from "./object.ts";
import type { Parsed, Problem } from "./problem.ts";

/** A Secret that Ingresses name, and the Ingresses that name it to be read in the same way. */
export type SecretClaim<Named extends { readonly secret: string }> = Named & { readonly ingresses: readonly Ingress[] };

/** What is wrong with a Secret, for an Ingress whose paths are closed because of it. */
interface ClaimFault {
  readonly ingress: Ingress;
  /** `namespace/name`. */
  readonly secret: string;
  readonly problem: Problem;
}

/** Gives the Secret of a key (`namespace/name`); undefined: there is none; null: that is not known. */
export type SecretOf = (key: string) => KubeObject | undefined | null;

/** What is wrong with claimed Secrets. */
export interface SecretFaults {
  readonly faults: readonly ClaimFault[];
  /** Each once. */
  readonly problems: readonly Problem[];
}

/** What becomes of a claim. */
interface ClaimReader<Named, Value> {
  readonly read: (object: KubeObject, named: Named) => Parsed<Value>;
  /** The Problem of a Secret (`namespace/name`) that does not exist. */
  readonly missing: (secret: string) => Problem;
  /** Takes the value of a Secret that is there and can be read. */
  readonly take: (named: Named, value: Value) => void;
}

/** Which Secrets Ingresses name, each way of reading one once. */
export function secretClaims<Named extends { readonly secret: string }>(
  ingresses: Iterable<Ingress>,
  namedBy: (ingress: Ingress) => readonly Named[],
  keyOf: (named: Named) => string,
): readonly SecretClaim<Named>[] {
  const claims = new Map<string, Named & { readonly ingresses: Ingress[] }>();
  for (const ingress of ingresses) {
    for (const named of namedBy(ingress)) {
      const key = keyOf(named);
      const claim = claims.get(key) ?? { ...named, ingresses: [] };
      if (claim.ingresses.at(-1) !== ingress) claim.ingresses.push(ingress);
      claims.set(key, claim);
    }
  }
  return [...claims.values()];
}

/** Reads the Secrets that are claimed. */
export function readClaims<Named extends { readonly secret: string }, Value>(
  claims: readonly SecretClaim<Named>[],
  secretOf: SecretOf,
  { read, missing, take }: ClaimReader<Named, Value>,
): SecretFaults {
  const faults: ClaimFault[] = [];
  const problems = new Map<string, Problem>();
  for (const claim of claims) {
    const object = secretOf(claim.secret);
    if (object === null) continue;
    const parsed: Parsed<Value> =
      object === undefined ? { ok: false, problems: [missing(claim.secret)] } : read(object, claim);
    for (const problem of parsed.problems) problems.set(JSON.stringify(problem), problem);
    if (parsed.ok) take(claim, parsed.value);
    const [problem] = parsed.problems;
    if (problem !== undefined && !parsed.ok)
      faults.push(...claim.ingresses.map((ingress) => ({ ingress, secret: claim.secret, problem })));
  }
  return { faults, problems: [...problems.values()] };
}

import type { PasswordSecretType } from "#src/model/annotations/auth-secret.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { KubeObject } from "#src/model/object.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import type { BasicAuth } from "./basic-auth.ts";
import { parsePasswordSecret } from "./parse-password-secret.ts";
import type { PasswordList } from "./password-list.ts";

/** A Secret that Ingresses name for names and passwords, read in one way. */
export interface PasswordClaim extends Pick<BasicAuth, "secret" | "type"> {
  readonly ingresses: readonly Ingress[];
}

/** What is wrong with a Secret, for an Ingress whose paths are closed because of it. */
interface PasswordFault {
  readonly ingress: Ingress;
  readonly problem: Problem;
}

export interface FoundPasswords {
  /** By `passwordKey`; none for a Secret that is missing or cannot be read. */
  readonly lists: ReadonlyMap<string, PasswordList>;
  readonly faults: readonly PasswordFault[];
  /** What is wrong with the Secrets, each once. */
  readonly problems: readonly Problem[];
}

/** Names a Secret as it is read. */
export function passwordKey({ secret, type }: Pick<BasicAuth, "secret" | "type">): string {
  return `${type} ${secret}`;
}

/** Which Secrets Ingresses name for names and passwords. */
export function passwordClaims(ingresses: Iterable<Ingress>): readonly PasswordClaim[] {
  const claims = new Map<string, PasswordClaim & { readonly ingresses: Ingress[] }>();
  for (const ingress of ingresses) {
    const { authType, authSecret: secret, authSecretType: type = "auth-file" } = ingress.settings;
    if (authType !== "basic" || secret === undefined || ingress.closed !== undefined) continue;
    const key = passwordKey({ secret, type });
    const claim = claims.get(key) ?? { secret, type, ingresses: [] };
    claim.ingresses.push(ingress);
    claims.set(key, claim);
  }
  return [...claims.values()];
}

/** Reads the Secrets that are claimed. `secretOf` gives undefined for one that is not there, and null where that is unknown. */
export function findPasswordLists(
  claims: readonly PasswordClaim[],
  secretOf: (key: string) => KubeObject | undefined | null,
): FoundPasswords {
  const lists = new Map<string, PasswordList>();
  const faults: PasswordFault[] = [];
  const problems: Problem[] = [];
  for (const claim of claims) {
    const secret = secretOf(claim.secret);
    if (secret === null) continue;
    const parsed = secret === undefined ? missing(claim.secret) : parseOnce(secret, claim.type);
    problems.push(...parsed.problems);
    if (parsed.ok) lists.set(passwordKey(claim), parsed.value);
    const [problem] = parsed.problems;
    if (problem !== undefined && !parsed.ok) faults.push(...claim.ingresses.map((ingress) => ({ ingress, problem })));
  }
  return { lists, faults, problems };
}

function missing(key: string): Parsed<PasswordList> {
  const problem: Problem = {
    code: "INGRESS_AUTH_SECRET_MISSING",
    at: objectAt("Secret", key),
    what: "Closed the paths of the Ingresses that name it for names and passwords",
    why: "it does not exist",
    fix: "Make it with: htpasswd -cB auth NAME, and kubectl create secret generic NAME --from-file auth",
    severity: "error",
  };
  return { ok: false, problems: [problem] };
}

const PARSED = new WeakMap<KubeObject, Map<PasswordSecretType, Parsed<PasswordList>>>();

/** Reads a Secret once for each version of it: it may have thousands of users. */
function parseOnce(secret: KubeObject, type: PasswordSecretType): Parsed<PasswordList> {
  const known = PARSED.get(secret) ?? new Map<PasswordSecretType, Parsed<PasswordList>>();
  PARSED.set(secret, known);
  const parsed = known.get(type) ?? parsePasswordSecret(secret, type);
  known.set(type, parsed);
  return parsed;
}

import type { Ingress } from "#src/model/ingress.ts";
import { parseOnce } from "#src/model/parse-once.ts";
import { allTerms } from "#src/model/path-terms.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import {
  readClaims,
  type SecretClaim,
  secretClaims,
  type SecretFaults,
  type SecretOf,
} from "#src/model/secret-claims.ts";
import type { BasicAuth } from "./basic-auth.ts";
import { parsePasswordSecret } from "./parse-password-secret.ts";
import type { PasswordList } from "./password-list.ts";

type NamedPasswords = Pick<BasicAuth, "secret" | "type">;

/** A Secret that Ingresses name for names and passwords, read in one way. */
export type PasswordClaim = SecretClaim<NamedPasswords>;

export interface FoundPasswords extends SecretFaults {
  /** By `passwordKey`; none for a Secret that is missing or cannot be read. */
  readonly lists: ReadonlyMap<string, PasswordList>;
}

/** Names a Secret as it is read. */
export function passwordKey({ secret, type }: NamedPasswords): string {
  return `${type} ${secret}`;
}

/** Which Secrets Ingresses name for names and passwords. */
export function passwordClaims(ingresses: Iterable<Ingress>): readonly PasswordClaim[] {
  return secretClaims(ingresses, namedBy, passwordKey);
}

function namedBy(ingress: Ingress): readonly NamedPasswords[] {
  return allTerms(ingress).flatMap(({ settings, isClosed }) => {
    const { authType, authSecret: secret, authSecretType: type = "auth-file" } = settings;
    return authType !== "basic" || secret === undefined || isClosed ? [] : [{ secret, type }];
  });
}

/** A Secret may have thousands of users. */
const readSecret = parseOnce(parsePasswordSecret);

/** Reads the Secrets that are claimed. */
export function findPasswordLists(claims: readonly PasswordClaim[], secretOf: SecretOf): FoundPasswords {
  const lists = new Map<string, PasswordList>();
  const found = readClaims<NamedPasswords, PasswordList>(claims, secretOf, {
    read: (object, { type }) => readSecret(object, type),
    missing,
    take: (named, list) => lists.set(passwordKey(named), list),
  });
  return { lists, ...found };
}

function missing(key: string): Problem {
  return {
    code: "INGRESS_AUTH_SECRET_MISSING",
    at: objectAt("Secret", key),
    what: "Closed the paths of the Ingresses that name it for names and passwords",
    why: "it does not exist",
    fix: "Make it with: htpasswd -cB auth NAME, and kubectl create secret generic NAME --from-file auth",
    severity: "error",
  };
}

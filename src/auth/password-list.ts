import type { PasswordHash } from "./password-hash.ts";

/** Names with their stored passwords: what a Secret says who may come in. */
export interface PasswordList {
  /** By name, one character for each byte. */
  readonly users: ReadonlyMap<string, PasswordHash>;
  /** The one that takes longest to compare: what is compared for names that there are not, so that they take as long. */
  readonly slowest: PasswordHash | undefined;
}

/** Which stored passwords are compared for a name, and whether the first of them lets in. */
export interface Comparison {
  readonly hashes: readonly PasswordHash[];
  readonly isKnown: boolean;
}

/** A list of these users. */
export function passwordList(users: ReadonlyMap<string, PasswordHash>): PasswordList {
  let slowest: PasswordHash | undefined;
  for (const hash of users.values()) if (slowest === undefined || hash.work > slowest.work) slowest = hash;
  return { users, slowest };
}

/**
 * What to compare a password of this name with, so that how long it takes does not say whether the name is in the list:
 * with the slowest of all, besides its own where that is faster.
 */
export function comparisonFor({ users, slowest }: PasswordList, user: string): Comparison {
  const own = users.get(user);
  if (slowest === undefined) return { hashes: [], isKnown: false };
  if (own === undefined) return { hashes: [slowest], isKnown: false };
  return { hashes: own.work < slowest.work ? [own, slowest] : [own], isKnown: true };
}

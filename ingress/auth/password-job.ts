import type { PasswordHash } from "#src/auth/password-hash.ts";

/** A comparison for the worker thread. */
export interface PasswordJob {
  readonly id: number;
  /** The first one counts; the others are there to take time. */
  readonly hashes: readonly PasswordHash[];
  readonly password: Uint8Array;
}

/** What came of it. */
export interface PasswordResult {
  readonly id: number;
  /** The first hash is that of the password. */
  readonly isRight: boolean;
}

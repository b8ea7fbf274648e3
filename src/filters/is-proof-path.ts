/** A token of RFC 8555 section 8.3 is of these characters alone: so no expression hides in such a path. */
const PROOF_PATH = /^\/\.well-known\/acme-challenge(\/[\w-]*)?$/;

/**
 * Whether the path of a rule is for nothing but the proof that a host is ours (HTTP-01), by which it gets its certificate.
 * Certificate authorities ask for it over plain HTTP, and can show neither password nor certificate.
 */
export function isProofPath(rulePath: string): boolean {
  return PROOF_PATH.test(rulePath);
}

/** What all such paths begin with (RFC 8555 section 8.3): requests below it are neither redirected to HTTPS nor closed with a whole host. */
export const PROOFS_PATH = "/.well-known/acme-challenge/";

/** A token of RFC 8555 section 8.3 is of these characters alone: so no expression hides in such a path. */
const PROOF_PATH = /^\/\.well-known\/acme-challenge(\/[\w-]*)?$/;

/**
 * Whether the path of a rule is for nothing but the proof that a host is ours (HTTP-01), by which it gets its certificate.
 * Certificate authorities ask for it over plain HTTP, and can show neither password nor certificate. One that is rewritten (`rewrite`: to what)
 * reaches other paths of its Service, and is for these.
 */
export function isProofPath(rulePath: string, rewrite?: object): boolean {
  return rewrite === undefined && PROOF_PATH.test(rulePath);
}

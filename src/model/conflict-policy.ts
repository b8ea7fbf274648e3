/**
 * What a speaker does where a machine that is not a member has an address of a pool as well (RFC 5227):
 *
 * - `defend` goes on announcing it, and answers claims of the other machine with gratuitous ARP, at most every ten seconds
 *   (section 2.4 c). The default: a pool says whose its addresses are, and clients are to find the way back.
 * - `yield` asks whether a new address is free before it announces it, and stops announcing one that is not (sections 2.1
 *   and 2.4 a); it asks again every minute.
 * - `warn` goes on announcing it, and sends nothing.
 *
 * Each of them reports it.
 */
export const CONFLICT_POLICIES = ["defend", "yield", "warn"] as const;

/** One of `CONFLICT_POLICIES`. */
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

/** Of a pool that does not say. */
export const DEFAULT_CONFLICT_POLICY: ConflictPolicy = "defend";

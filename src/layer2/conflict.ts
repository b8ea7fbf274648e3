import type { Ip } from "#src/ip/address.ts";
import type { ConflictPolicy } from "#src/model/conflict-policy.ts";

/**
 * Probes in a row, and milliseconds between them; after the last one a machine has as long to answer. RFC 5227 section 2.1.1
 * takes five to seven seconds, so that a machine that was plugged in just now waits until its port of the switch is open. The
 * ports here have been open for long, and a new Service waits for its address.
 */
const PROBES = 3;
const PROBE_EVERY_MS = 70;
/** A claim that is heard again after so long lasts. Until then the other machine is asked so often. */
const CONFIRM_MS = 1_000;
/** A handover between members is over after so long: then only one of the two still announces. */
const GRACE_MS = 3_000;
/** Longer than the slowest refresh of an announcement: a claim that is not repeated has ended. */
const MEMORY_MS = 150_000;
/** DEFEND_INTERVAL of RFC 5227 section 1.1: least time between two defences. */
const DEFEND_EVERY_MS = 10_000;
/** Between two attempts to get a yielded address back. */
const RETRY_MS = 60_000;
/** After a takeover, which is never delayed, an address that may have to be yielded is asked for. */
const AFTER_TAKEOVER_MS = 5_000;
/** An announced address is asked for once each so many milliseconds: as often as it is refreshed. */
const RECHECK_MIN_MS = 60_000;
const RECHECK_MAX_MS = 120_000;

/** A machine that says on the wire that it has an address of ours. */
export interface ForeignMachine {
  /** Its Ethernet address, as text. */
  readonly mac: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly defendedMs: number | undefined;
}

/** What is known of who has an address that this speaker claims; only the functions of this file make one. */
export interface Conflict {
  readonly ip: Ip;
  readonly policy: ConflictPolicy;
  /** `asking`: not answered for before it is known to be free; `yielded`: not answered for while the other machine has it. */
  readonly phase: "asking" | "announcing" | "yielded";
  /** Probes that are still to be sent, and since when they are. */
  readonly asked: { readonly left: number; readonly sinceMs: number } | undefined;
  /** When `advance` has something to do. */
  readonly dueMs: number;
  readonly recheckMs: number;
  /** One machine, the first that was heard. */
  readonly foreign: ForeignMachine | undefined;
}

/** What is to be done about an address: a closed set, the value of a metric label. */
export const conflictActions = ["probe", "announce", "defend", "withdraw"] as const;

/** One of `conflictActions`. */
export type ConflictAction = (typeof conflictActions)[number];

export interface ConflictStep {
  readonly conflict: Conflict;
  readonly actions: readonly ConflictAction[];
}

export interface NewConflict {
  readonly ip: Ip;
  readonly policy: ConflictPolicy;
  /** No member is known to have announced it before: takeovers and moves are never delayed. */
  readonly isNew: boolean;
  /** 0 to 1: addresses that come together are not asked for together for ever. */
  readonly chance: number;
}

/** This speaker claims an address from now on. A new one is asked for at once: where it may be yielded, before it is announced. */
export function startConflict({ ip, policy, isNew, chance }: NewConflict, nowMs: number): Conflict {
  const recheckMs = Math.round(RECHECK_MIN_MS + chance * (RECHECK_MAX_MS - RECHECK_MIN_MS));
  const yields = policy === "yield";
  const phase = isNew && yields ? "asking" : "announcing";
  const dueMs = nowMs + (isNew ? 0 : yields ? AFTER_TAKEOVER_MS : recheckMs);
  const asked = isNew ? { left: PROBES, sinceMs: nowMs } : undefined;
  return { ip, policy, phase, asked, dueMs, recheckMs, foreign: undefined };
}

/** The pool says something else now. */
export function setPolicy(conflict: Conflict, policy: ConflictPolicy, nowMs: number): Conflict {
  return policy === conflict.policy ? conflict : { ...conflict, policy, dueMs: nowMs };
}

/** A machine says that it has the address. */
export function hearForeign(conflict: Conflict, mac: string, nowMs: number): Conflict {
  const { foreign, phase, asked, dueMs } = conflict;
  if (phase === "announcing") {
    // Of two other machines the first one is reported until it ends.
    if (foreign !== undefined)
      return foreign.mac === mac ? { ...conflict, foreign: { ...foreign, lastMs: nowMs } } : conflict;
    return { ...conflict, foreign: newMachine(mac, nowMs), dueMs: Math.min(dueMs, nowMs + CONFIRM_MS) };
  }
  const heard = foreign?.mac === mac ? { ...foreign, lastMs: nowMs } : newMachine(mac, nowMs);
  // That is the answer.
  return { ...conflict, foreign: heard, dueMs: asked === undefined ? dueMs : nowMs };
}

function newMachine(mac: string, nowMs: number): ForeignMachine {
  return { mac, firstMs: nowMs, lastMs: nowMs, defendedMs: undefined };
}

/** The other machine no longer has the address, or has it rightly. */
export function settleConflict(conflict: Conflict): Conflict {
  return conflict.foreign === undefined ? conflict : { ...conflict, foreign: undefined };
}

/** Whether two machines have the address for longer than a handover takes, and the other one said so again. */
export function isLasting({ foreign }: Conflict, nowMs: number): boolean {
  return isHeard(foreign, nowMs) && foreign.lastMs - foreign.firstMs >= CONFIRM_MS;
}

/** Whether a claim was heard that a handover does not explain, repeated or not. */
export function outlastsHandover({ foreign }: Conflict, nowMs: number): boolean {
  return isHeard(foreign, nowMs);
}

/**
 * Whether what was heard of a member that does not claim the address says nothing: it was on its way to give it up, or announced
 * it while its heartbeats did not arrive, and does so no longer. `liveSinceMs`: since when they do.
 */
export function isEcho({ foreign }: Conflict, liveSinceMs: number): boolean {
  return foreign === undefined || foreign.lastMs - Math.max(foreign.firstMs, liveSinceMs) < GRACE_MS;
}

function isHeard(foreign: ForeignMachine | undefined, nowMs: number): foreign is ForeignMachine {
  return foreign !== undefined && nowMs - foreign.firstMs >= GRACE_MS && nowMs - foreign.lastMs <= MEMORY_MS;
}

/** Goes on, if it is due. `isMember`: the other machine is a node with a speaker, so that heartbeats settle whose the address is. */
export function advanceConflict(before: Conflict, isMember: boolean, nowMs: number): ConflictStep {
  if (nowMs < before.dueMs) return { conflict: before, actions: [] };
  const conflict = forgetEnded(before, nowMs);
  if (conflict.phase === "announcing") return advanceAnnounced(conflict, isMember, nowMs);
  // Nothing keeps it any longer.
  if (conflict.policy !== "yield" || isMember) return announced(conflict, nowMs);
  return conflict.phase === "asking" ? advanceAsking(conflict, nowMs) : advanceYielded(conflict, nowMs);
}

function forgetEnded(conflict: Conflict, nowMs: number): Conflict {
  const { foreign } = conflict;
  return foreign !== undefined && nowMs - foreign.lastMs > MEMORY_MS ? settleConflict(conflict) : conflict;
}

function advanceAsking(conflict: Conflict, nowMs: number): ConflictStep {
  if (conflict.foreign !== undefined) return yielded(conflict, nowMs, []);
  return probed(conflict, nowMs) ?? announced(conflict, nowMs);
}

function advanceYielded(conflict: Conflict, nowMs: number): ConflictStep {
  const { asked, foreign } = conflict;
  if (asked === undefined) return askAgain(conflict, nowMs);
  const isTaken = foreign !== undefined && foreign.lastMs >= asked.sinceMs;
  if (isTaken) return yielded(conflict, nowMs, []);
  return probed(conflict, nowMs) ?? announced(settleConflict(conflict), nowMs);
}

function advanceAnnounced(conflict: Conflict, isMember: boolean, nowMs: number): ConflictStep {
  const { foreign, policy, asked, recheckMs } = conflict;
  // Members are heard by heartbeats.
  if (foreign === undefined || isMember) {
    if (asked === undefined) return askOnce(conflict, nowMs + recheckMs);
    const done = { ...conflict, asked: undefined, dueMs: nowMs + recheckMs };
    return probed(conflict, nowMs) ?? { conflict: done, actions: [] };
  }
  if (!isLasting(conflict, nowMs))
    return askOnce(conflict, nowMs + (outlastsHandover(conflict, nowMs) ? DEFEND_EVERY_MS : CONFIRM_MS));
  if (policy === "yield") return yielded(conflict, nowMs, ["withdraw"]);
  const { lastMs, defendedMs = -Infinity } = foreign;
  const isDue = policy === "defend" && nowMs - defendedMs >= DEFEND_EVERY_MS && lastMs > defendedMs;
  if (!isDue) return askOnce(conflict, nowMs + DEFEND_EVERY_MS);
  const step = askOnce({ ...conflict, foreign: { ...foreign, defendedMs: nowMs } }, nowMs + DEFEND_EVERY_MS);
  return { ...step, actions: ["defend", ...step.actions] };
}

/** One more probe of those asked for, if any is left; undefined once the last one had its time. */
function probed(conflict: Conflict, nowMs: number): ConflictStep | undefined {
  const { asked } = conflict;
  if (asked === undefined || asked.left === 0) return undefined;
  const next = { ...conflict, asked: { ...asked, left: asked.left - 1 }, dueMs: nowMs + PROBE_EVERY_MS };
  return { conflict: next, actions: ["probe"] };
}

function askOnce(conflict: Conflict, dueMs: number): ConflictStep {
  return { conflict: { ...conflict, asked: undefined, dueMs }, actions: ["probe"] };
}

function askAgain(conflict: Conflict, nowMs: number): ConflictStep {
  const asked = { left: PROBES - 1, sinceMs: nowMs };
  return { conflict: { ...conflict, asked, dueMs: nowMs + PROBE_EVERY_MS }, actions: ["probe"] };
}

function announced(conflict: Conflict, nowMs: number): ConflictStep {
  const dueMs = nowMs + (conflict.foreign === undefined ? conflict.recheckMs : CONFIRM_MS);
  const next = { ...conflict, phase: "announcing", asked: undefined, dueMs } as const;
  return { conflict: next, actions: ["announce"] };
}

function yielded(conflict: Conflict, nowMs: number, actions: readonly ConflictAction[]): ConflictStep {
  return { conflict: { ...conflict, phase: "yielded", asked: undefined, dueMs: nowMs + RETRY_MS }, actions };
}

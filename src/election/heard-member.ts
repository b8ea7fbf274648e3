import { type Cidr, equalCidrs } from "#src/ip/cidr.ts";
import type { Heartbeat, HeartbeatBody } from "#src/wire/heartbeat.ts";
import { HeardClaims } from "./heard-claims.ts";
import type { Member } from "./member.ts";
import { isSameList } from "./same-list.ts";
import { endSilence, newSignsOfDeath, type SignsOfDeath } from "./signs-of-death.ts";

/** How many earlier sessions of a member are remembered. */
const RETIRED_SESSIONS = 8;

/** What one member has reported, assembled from its heartbeats. */
export interface HeardMember {
  session: bigint;
  sequence: number;
  /** Silence counted while we were awake ourselves, so that a stall of ours is not taken for their death. */
  silentMs: number;
  /** When it was heard last, stalls of ours or not; undefined if never in this session. */
  heardMs: number | undefined;
  /** For how long that one may have lain unread. */
  lateMs: number;
  /** Silence counted over heartbeats of any kind, also those that say that it does not hear us. */
  quietMs: number;
  /** Since it said last that it does not hear us, while it lives. */
  deafMs: number;
  /** Silence of the member itself, whatever others pass on. */
  directMs: number;
  /** Another member passes its heartbeats on, because they do not come here; undefined where they do, or never came. */
  relayedBy: string | undefined;
  /** Of the last heartbeat that it passed on. */
  relaySequence: number;
  /** Its last heartbeat, to be passed on; undefined where that says too little. */
  body: HeartbeatBody | undefined;
  /** Heartbeats sent to it. */
  echoes: number;
  /** For how long it did not run lately, as it says itself. */
  stallMs: number;
  /** Earlier sessions and the last sequence number heard of each: a datagram that repeats one is a replay. */
  retired: ReadonlyMap<bigint, number>;
  /** Undefined while dead. Live means fresh: it has heard our session, so its word is not a replay, and the path works both ways. */
  liveSinceMs: number | undefined;
  ready: boolean;
  leaving: boolean;
  subnets: readonly Cidr[];
  claims: HeardClaims;
  /** Its next heartbeat follows within so many milliseconds; 0 while that is not known, as of version 1: after an interval. */
  everyMs: number;
  /** The version of our claims that it knows completely; 0 for none. */
  knownVersion: number;
  /** It fell silent while it was watched closely, and was not heard since. */
  fellSilent: boolean;
  /** It was live in this session. */
  hasLived: boolean;
  readonly signs: SignsOfDeath;
}

/**
 * Whether a heartbeat of another session than the known one is a restart, and not a replay. While the known one lives,
 * only a session not heard before that has heard us replaces it. Otherwise also an earlier one that goes on: a late or
 * replayed datagram of a session before may have pushed it out.
 */
export function mayReplace(member: HeardMember, { session, sequence }: Heartbeat, isFresh: boolean): boolean {
  const lastSequence = member.retired.get(session);
  if (member.liveSinceMs !== undefined) return isFresh && lastSequence === undefined;
  return lastSequence === undefined || sequence > lastSequence;
}

/** Its earlier sessions once the present one is over, which is then one of them. */
export function retire({ session, sequence, retired }: HeardMember): ReadonlyMap<bigint, number> {
  if (session === 0n) return retired;
  const others = [...retired].filter(([earlier]) => earlier !== session);
  return new Map([...others.slice(1 - RETIRED_SESSIONS), [session, sequence]]);
}

/** One that was never heard. */
export function newMember(): HeardMember {
  return {
    session: 0n,
    sequence: -1,
    silentMs: 0,
    heardMs: undefined,
    lateMs: 0,
    quietMs: 0,
    deafMs: Infinity,
    directMs: 0,
    relayedBy: undefined,
    relaySequence: -1,
    body: undefined,
    echoes: 0,
    stallMs: 0,
    retired: new Map(),
    liveSinceMs: undefined,
    ready: false,
    leaving: false,
    subnets: [],
    claims: new HeardClaims(),
    everyMs: 0,
    knownVersion: 0,
    fellSilent: false,
    hasLived: false,
    signs: newSignsOfDeath(),
  };
}

/** What elections see of it; undefined while it is dead. */
export function asLive(node: string, member: HeardMember): Member | undefined {
  const { ready, leaving, subnets, claims, liveSinceMs } = member;
  return liveSinceMs === undefined
    ? undefined
    : { node, ready, leaving, subnets, claims: claims.byAddress, liveSinceMs };
}

/** Puts a fresh heartbeat, but for its claims, into the member's record; true if anything that elections look at changed. */
export function takeIn(member: HeardMember, heartbeat: Heartbeat, nowMs: number): boolean {
  const { ready, leaving, subnets, stallMs } = heartbeat;
  const wasLive = member.liveSinceMs !== undefined;
  endSilence(member.signs, member, stallMs);
  const same =
    wasLive && member.ready === ready && member.leaving === leaving && isSameList(member.subnets, subnets, equalCidrs);
  Object.assign(member, {
    silentMs: 0,
    heardMs: nowMs,
    fellSilent: false,
    hasLived: true,
    stallMs,
    ready,
    leaving,
    subnets,
    liveSinceMs: member.liveSinceMs ?? nowMs,
  });
  return !same;
}

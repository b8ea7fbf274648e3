import { printIp } from "#src/ip/address.ts";
import { type Member, type WantedAddress, whyIneligible } from "#src/election/member.ts";
import type { Claim } from "#src/wire/heartbeat.ts";
import { rank } from "#src/election/rank.ts";

/** All that one speaker knows when it decides. */
export interface ElectionSnapshot {
  /** What is to be announced, by address text. */
  readonly wanted: ReadonlyMap<string, WantedAddress>;
  /** The live members, this speaker included. */
  readonly members: readonly Member[];
  /** How many members there are, live or not: what a majority is counted against. */
  readonly knownMembers: number;
  /** The highest term ever seen of an address, from anybody, by address text. */
  readonly terms: ReadonlyMap<string, number>;
  /** A node that ranks first gets its address back once it has lived this long; undefined: never (no flapping back). */
  readonly failBackAfterMs: number | undefined;
}

/** What becomes of one address. */
interface Announcement {
  /** Who answers, or will in a moment; undefined where no live member can. */
  readonly owner: string | undefined;
  /** What this speaker claims: it answers while, and only while, it has a claim. */
  readonly claim: Claim | undefined;
}

/** By address text. */
export type AnnouncementPlan = ReadonlyMap<string, Announcement>;

/**
 * Decides, for this speaker alone, which addresses it announces. Every member computes the same from the same view:
 *
 * 1. A live owner keeps its address. Of several claims the strongest stands: of a member that can serve before one
 *    that cannot, made in a majority before made cut off, higher term first, then by rank. So after a partition heals,
 *    both sides drop the same claim.
 * 2. Without a standing claim of a member that can serve, the first in rank of those that can takes over, at a higher term.
 * 3. Make before break: an owner that must go (leaving, no longer allowed, fail-back) answers until it sees the claim
 *    of its successor. It stops at once only where it has no interface left in the address's network.
 */
export function planAnnouncements(snapshot: ElectionSnapshot, self: string, nowMs: number): AnnouncementPlan {
  const plan = new Map<string, Announcement>();
  for (const [key, wanted] of snapshot.wanted) plan.set(key, decide({ snapshot, self, nowMs }, wanted));
  return plan;
}

interface Question {
  readonly snapshot: ElectionSnapshot;
  readonly self: string;
  readonly nowMs: number;
}

function decide(question: Question, wanted: WantedAddress): Announcement {
  const { snapshot, self } = question;
  const key = printIp(wanted.ip);
  const candidates = snapshot.members.filter((member) => whyIneligible(member, wanted) === undefined);
  const holder = strongest(snapshot.members, candidates, key);
  const owner = elect(question, { candidates, holder, key });
  if (holder?.node === self) {
    return { owner, claim: mayHold(holder, wanted, owner) ? holder.claims.get(key) : undefined };
  }
  return { owner, claim: owner === self ? newClaim(snapshot, wanted) : undefined };
}

/** The member whose claim stands, if any claims the address. */
function strongest(members: readonly Member[], candidates: readonly Member[], key: string): Member | undefined {
  const holders = members.filter((member) => member.claims.has(key));
  if (holders.length < 2) return holders[0];
  const able = holders.filter((holder) => candidates.includes(holder));
  const top = topClaims(able.length > 0 ? able : holders, key);
  const order = rank(
    top.map(({ node }) => node),
    key,
  );
  return top.find(({ node }) => node === order[0]);
}

/** Those among the holders whose claim is of the best kind and the highest term. */
function topClaims(holders: readonly Member[], key: string): readonly Member[] {
  const strengthOf = (member: Member): number => {
    const claim = member.claims.get(key);
    return claim === undefined ? -1 : claim.term + (claim.majority ? 2 ** 32 : 0);
  };
  const best = Math.max(...holders.map(strengthOf));
  return holders.filter((holder) => strengthOf(holder) === best);
}

interface Standing {
  readonly candidates: readonly Member[];
  readonly holder: Member | undefined;
  readonly key: string;
}

function elect({ snapshot, nowMs }: Question, { candidates, holder, key }: Standing): string | undefined {
  const preferred = (): string | undefined =>
    rank(
      candidates.map(({ node }) => node),
      key,
    )[0];
  if (holder === undefined) return preferred();
  if (!candidates.includes(holder)) return preferred() ?? (holder.leaving ? holder.node : undefined);
  if (snapshot.failBackAfterMs === undefined) return holder.node;
  const settled = candidates.filter(
    (member) => member === holder || nowMs - member.liveSinceMs >= (snapshot.failBackAfterMs ?? Infinity),
  );
  return rank(
    settled.map(({ node }) => node),
    key,
  )[0];
}

/** Whether this speaker, whose claim stands, goes on answering. */
function mayHold(self: Member, wanted: WantedAddress, owner: string | undefined): boolean {
  const reason = whyIneligible({ ...self, leaving: false, ready: true }, wanted);
  if (reason === "NoSubnet") return false;
  return reason === undefined || owner !== undefined;
}

function newClaim(snapshot: ElectionSnapshot, wanted: WantedAddress): Claim {
  const term = (snapshot.terms.get(printIp(wanted.ip)) ?? 0) + 1;
  return { ip: wanted.ip, term, majority: snapshot.members.length * 2 > snapshot.knownMembers };
}

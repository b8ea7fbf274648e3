import { type Member, type NodeStandings, type WantedAddress, whyReserved, whyUnable } from "./member.ts";
import type { Claim } from "#src/wire/heartbeat.ts";
import { rank } from "./rank.ts";

/** Terms have 32 bits in a heartbeat. At the highest one rank alone decides between two claims. */
const MAX_TERM = 2 ** 32 - 1;

/**
 * When the candidates before it have left an address vacant for so long each, the next one takes it: a speaker may be
 * live and not know that the address is wanted, because it has lost its source.
 */
const PATIENCE_MS = 2_000;

/** All that one speaker knows when it decides. */
export interface ElectionSnapshot {
  /** What is to be announced, by address text. */
  readonly wanted: ReadonlyMap<string, WantedAddress>;
  /** The live members, this speaker included. */
  readonly members: readonly Member[];
  readonly nodes: NodeStandings;
  /** How many members there are, live or not: what a majority is counted against. */
  readonly knownMembers: number;
  /**
   * This speaker is cut off, though most members still look alive: it hears nothing of most that it watches, and would miss
   * those that it hears slowly only later. Left out: it is not.
   */
  readonly isCutOff?: boolean;
  /** The highest term ever seen of an address, from any member, by address text. */
  readonly terms: ReadonlyMap<string, number>;
  /** Addresses that this speaker takes over although their owner lives and may keep them (`Spreading`); left out: none. */
  readonly moves?: ReadonlySet<string>;
  /** The plan made before this one. */
  readonly before: AnnouncementPlan;
  /** The members that inherit the addresses of a node before all others (its watchers); left out: none comes before another. */
  heirsOf?(node: string): ReadonlySet<string>;
}

/** What becomes of one address. */
export interface Announcement {
  /** Who answers, or will in a moment; undefined where no live member can. */
  readonly owner: string | undefined;
  /** What this speaker claims: it answers while, and only while, it has a claim. */
  readonly claim: Claim | undefined;
  /** Since when it is claimed by none of the members that can serve it, if there are any, in the observer's monotonic milliseconds. */
  readonly vacantSinceMs: number | undefined;
  /** The member whose claim stands, or stood last. */
  readonly heldBy: string | undefined;
}

/** By address text. */
export type AnnouncementPlan = ReadonlyMap<string, Announcement>;

/**
 * Decides, for this speaker alone, which addresses it announces; of all wanted ones, or of those given by text. Every
 * member computes the same from the same view:
 *
 * 1. A live owner keeps its address. Of several claims the strongest stands: of a member that can serve before one
 *    that cannot, made in a majority before made cut off, higher term first, then by rank. So after a partition heals,
 *    both sides drop the same claim.
 * 2. Without a standing claim of a member that can serve, the first of those that can takes over, at a higher term: the
 *    most preferred, then those that watch the one before, then by rank; the next one if the first does not in two seconds, and so on.
 * 3. Make before break: an owner that must go (leaving, no longer allowed, a planned move) answers until it sees the claim
 *    of its successor. It stops at once only where it has no interface left in the address's network, or where the
 *    address is that of a machine, which no speaker announces.
 * 4. A node that the cluster calls not Ready, or whose endpoints are all terminating, stands back for others, but never
 *    leaves an address without an owner: the cluster's opinion is late, and wrong where only the API is cut off.
 */
export function planAnnouncements(
  snapshot: ElectionSnapshot,
  { self, nowMs, keys = snapshot.wanted.keys() }: Decider,
): AnnouncementPlan {
  const plan = new Map<string, Announcement>();
  for (const key of keys) {
    const wanted = snapshot.wanted.get(key);
    if (wanted !== undefined) plan.set(key, decide({ snapshot, self, nowMs, key }, wanted));
  }
  return plan;
}

interface Decider {
  /** The node of the speaker that decides. */
  readonly self: string;
  readonly nowMs: number;
  /** Default: all wanted addresses. Those no longer wanted are ignored. */
  readonly keys?: Iterable<string>;
}

interface Question {
  readonly snapshot: ElectionSnapshot;
  readonly self: string;
  readonly nowMs: number;
  readonly key: string;
}

function decide(question: Question, wanted: WantedAddress): Announcement {
  const { snapshot, self, nowMs, key } = question;
  const candidates = candidatesFor(snapshot, wanted);
  const holder = strongest(snapshot.members, candidates, key);
  const isHeld = holder !== undefined && candidates.includes(holder);
  const isVacant = !isHeld && candidates.length > 0;
  const vacantSinceMs = isVacant ? (snapshot.before.get(key)?.vacantSinceMs ?? nowMs) : undefined;
  const heldBy = holder?.node ?? snapshot.before.get(key)?.heldBy;
  // Only of a vacant address: to rank all members for each owner, whenever one changes, would take seconds in a large cluster.
  const heirs = isVacant && heldBy !== undefined ? snapshot.heirsOf?.(heldBy) : undefined;
  const owner = elect(question, { candidates, holder, vacantSinceMs, order: { scores: wanted.scores, heirs } });
  if (holder?.node === self) {
    return {
      owner,
      claim: mayHold(question, wanted, { holder, owner }) ? holder.claims.get(key) : undefined,
      vacantSinceMs,
      heldBy,
    };
  }
  // A member that finds its claim superseded drops it first.
  const isSuperseded = snapshot.members.some(({ node, claims }) => node === self && claims.has(key));
  const claim = owner === self && !isSuperseded ? newClaim(question, wanted) : undefined;
  return { owner, claim, vacantSinceMs, heldBy };
}

/**
 * The members that can serve the address: only those that need not stand back, if there are any. Outside of a majority no member
 * steps back for another: the claim of its successor would be the weaker one, and both would answer.
 */
export function candidatesFor(
  { members, nodes, knownMembers }: Pick<ElectionSnapshot, "members" | "nodes" | "knownMembers">,
  wanted: WantedAddress,
): readonly Member[] {
  const able = members.filter((member) => whyUnable(member, wanted, nodes) === undefined);
  if (members.length * 2 <= knownMembers) return able;
  const unreserved = able.filter((member) => whyReserved(member, wanted, nodes) === undefined);
  return unreserved.length > 0 ? unreserved : able;
}

/** The member whose claim stands, if any claims the address. */
function strongest(members: readonly Member[], candidates: readonly Member[], key: string): Member | undefined {
  const holders = members.filter((member) => member.claims.has(key));
  if (holders.length < 2) return holders[0];
  const able = holders.filter((holder) => candidates.includes(holder));
  const top = topClaims(able.length > 0 ? able : holders, key);
  const [first] = inOrder(top, key);
  return top.find(({ node }) => node === first);
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

/** The member whose claim stands and that may keep the address, if there is one. */
export function standingHolder(
  snapshot: Pick<ElectionSnapshot, "members" | "nodes" | "knownMembers">,
  wanted: WantedAddress,
  key: string,
): Member | undefined {
  const candidates = candidatesFor(snapshot, wanted);
  const holder = strongest(snapshot.members, candidates, key);
  return holder !== undefined && candidates.includes(holder) ? holder : undefined;
}

interface Standing {
  readonly candidates: readonly Member[];
  readonly holder: Member | undefined;
  readonly vacantSinceMs: number | undefined;
  readonly order: Precedence;
}

/** Who comes before others, whatever their rank. */
interface Precedence {
  readonly scores?: WantedAddress["scores"];
  readonly heirs?: ReadonlySet<string> | undefined;
}

function elect(
  question: Question,
  { candidates, holder, vacantSinceMs, order: precedence }: Standing,
): string | undefined {
  const { snapshot, self, nowMs, key } = question;
  if (holder === undefined || !candidates.includes(holder)) {
    const turns = Math.floor((nowMs - (vacantSinceMs ?? nowMs)) / PATIENCE_MS);
    const order = inOrder(candidates, key, precedence, turns + 1);
    if (order.slice(0, turns + 1).includes(self)) return self;
    return order[0] ?? (holder?.leaving === true ? holder.node : undefined);
  }
  const takes = snapshot.moves?.has(key) === true && candidates.some(({ node }) => node === self);
  return takes ? self : holder.node;
}

/** The first `count` or more of the nodes in the order in which they stand for the address: the highest score first, then heirs, then by rank. */
function inOrder(members: readonly Member[], key: string, precedence: Precedence = {}, count = 1): readonly string[] {
  const { scores, heirs } = precedence;
  const strengthOf = ({ node }: Member): number => 2 * (scores?.get(node) ?? 0) + (heirs?.has(node) === true ? 1 : 0);
  const byStrength = [...Map.groupBy(members, strengthOf)].sort(([left], [right]) => right - left);
  const order: string[] = [];
  for (const [, equals] of byStrength) {
    // To rank a thousand nodes takes a millisecond, and a dead one may leave a thousand addresses.
    if (order.length >= count) break;
    const nodes = equals.map(({ node }) => node);
    order.push(...rank(nodes, key));
  }
  return order;
}

/** Whether this speaker, whose claim stands, goes on answering. */
function mayHold(
  { snapshot }: Question,
  wanted: WantedAddress,
  { holder, owner }: { readonly holder: Member; readonly owner: string | undefined },
): boolean {
  const reason = whyUnable({ ...holder, leaving: false, ready: true }, wanted, snapshot.nodes);
  if (reason === "NoSubnet" || wanted.forbidden !== undefined) return false;
  return reason === undefined || owner !== undefined;
}

function newClaim({ snapshot, key }: Question, { ip }: WantedAddress): Claim {
  const term = Math.min((snapshot.terms.get(key) ?? 0) + 1, MAX_TERM);
  const majority = snapshot.members.length * 2 > snapshot.knownMembers && snapshot.isCutOff !== true;
  return { ip, term, majority };
}

import { addressTexts } from "./address-texts.ts";
import type { Member } from "./member.ts";
import type { Cidr } from "#src/ip/cidr.ts";
import {
  type Heartbeat,
  type HeartbeatBody,
  readsVersion2,
  readsVersion3,
  type ReceivedHeartbeat,
  type WatchWords,
} from "#src/wire/heartbeat.ts";
import type { RelayHead } from "#src/wire/relay-head.ts";
import { asLive, type HeardMember, mayReplace, newMember, retire, takeIn } from "./heard-member.ts";
import { isSameList } from "./same-list.ts";
import {
  endSilence,
  isDead,
  type KernelQuestion,
  noteAnswer,
  noteRefusal,
  noteUnasked,
  suspectAfterMs,
  takeQuestion,
} from "./signs-of-death.ts";
import { SilenceReports } from "./silence-reports.ts";
import { isWatchedClosely, LOST_INTERVALS } from "./watched-closely.ts";
import { lastingWatchersOf } from "./watchers.ts";
import { ageToRelay, isLater, Witnesses } from "./witnesses.ts";

/**
 * What a heartbeat did: `claimed` means that the member claims others than before (`takeClaimed` says which), `changed`
 * that more of the view changed.
 */
export type HeartbeatEffect = "changed" | "claimed" | "unchanged" | "stale" | "unknown-node";

/**
 * One of so many heartbeats to a member that is not heard says so. It does not count as a sign of life, as those of
 * earlier versions do not; a few that do not count make no member dead.
 */
const DEAF_EVERY = 25;

/**
 * So many watchers have to say that a member fell silent before one that does not watch it believes them: one alone may be
 * cut off from it. Where all others died with the member, one has to do.
 */
const REPORTS = 2;
/** A member is not called silent for longer than this: all others have heard of it, or found out themselves. */
const REPORTED_MS = 60_000;
/**
 * So many promised intervals without a heartbeat are death of a member that is not watched closely. Of 1,000 nodes each hears of each other one every 20 s:
 * where 1 % of the datagrams get lost, three in a row are lost every 20 s somewhere, and five every other day.
 */
const LOST_SLOW_INTERVALS = 5;
/** No member needs to promise more than this, or a few ticks for each member. */
const SLOW_MS = 1_000;
/** A member of version 1 that was not heard for so long has no say in how the others watch each other. */
const VERSION_1_MS = 60_000;

/** One that did not run for so long, as on a machine that was paused, knows nothing of the meantime: silence begins again. */
const AWAY_MS = 1_000;

/** How many that were forgotten are remembered by their sessions, so that their old heartbeats stay old. */
const FORGOTTEN_NODES = 256;

/** Of the longest time between two ticks: who is away for longer may read what came long before. */
const LATE_SHARE = 0.75;

export interface MembershipOptions {
  /** Our own session: a heartbeat counts only once it echoes it. */
  readonly session: bigint;
  /**
   * A member that promised its next heartbeat soon is dead after this much silence, in milliseconds, and as much again as
   * it lately stalled.
   */
  readonly deadAfterMs: number;
  /** A member that is not heard for so long is named, in milliseconds: more than a death takes to be noticed. */
  readonly unheardAfterMs: number;
  /** A tick may count at most this much silence, in milliseconds. */
  readonly maxTickMs: number;
}

/** How a member is not heard. */
export type Unheard = "silent" | "relayed" | "deaf";

/** A member whose kernel is to be asked whether it lives. */
export interface NodeQuestion {
  readonly node: string;
  readonly question: KernelQuestion;
}

/** A member's last heartbeat, to be passed on to one that does not hear it. */
export interface RelayedHeartbeat {
  readonly body: HeartbeatBody;
  readonly ageMs: number;
  readonly everyMs: number;
}

/** What is known of a member that heartbeats go to. */
export interface MemberLink {
  /** As last heard; 0n if never. */
  readonly session: bigint;
  /** It lives, and its heartbeats come here. */
  readonly isLive: boolean;
  /** The version of our claims that it knows completely; 0 for none. */
  readonly knownVersion: number;
  /** Since it was heard last, in milliseconds. */
  readonly silentMs: number;
}

/**
 * The live members as this speaker hears them. It does no I/O and reads no clock: heartbeats and ticks are put in,
 * members come out. Only nodes named by `setMembers` count, so its size is bounded by the cluster's.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #members = new Map<string, HeardMember>();
  readonly #forgotten = new Map<string, HeardMember["retired"]>();
  readonly #textOf = addressTexts();
  readonly #reports = new SilenceReports();
  readonly #witnesses = new Witnesses();
  /** Of some members, those that get each of its heartbeats; until members come or go. */
  readonly #watchers = new Map<string, readonly string[]>();
  #claimed = new Set<string>();
  #viewVersion = 0;
  #revivals = 0;
  #silent: readonly bigint[] = [];
  #questions: NodeQuestion[] = [];
  #lastTickMs: number | undefined;
  /** Between the last two ticks. */
  #passedMs = 0;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Changes whenever a member comes, goes, lives, dies, or says other things of itself than its claims. */
  get viewVersion(): number {
    return this.#viewVersion;
  }

  /** How often a member was heard again that had lived and fallen silent, without a restart. */
  get revivals(): number {
    return this.#revivals;
  }

  /** Sessions of members that fell silent while they were watched closely; the same list until that changes. */
  get silent(): readonly bigint[] {
    return this.#silent;
  }

  /** Names the members, this node not among them; those no longer named are forgotten. True if that changed the view. */
  setMembers(nodes: ReadonlySet<string>): boolean {
    let changed = false;
    for (const [node, member] of this.#members) {
      if (nodes.has(node)) continue;
      this.#members.delete(node);
      this.#remember(node, retire(member));
      this.#reports.forget(node);
      changed = true;
    }
    for (const node of nodes) {
      if (this.#members.has(node)) continue;
      this.#members.set(node, { ...newMember(), retired: this.#forgotten.get(node) ?? new Map() });
      this.#forgotten.delete(node);
      changed = true;
    }
    if (changed) {
      this.#viewVersion += 1;
      this.#watchers.clear();
      this.#witnesses.setMembers(nodes);
    }
    return changed;
  }

  #remember(node: string, retired: HeardMember["retired"]): void {
    this.#forgotten.set(node, retired);
    const [oldest] = this.#forgotten.keys();
    if (this.#forgotten.size > FORGOTTEN_NODES && oldest !== undefined) this.#forgotten.delete(oldest);
  }

  /** The addresses, by text, that members claim otherwise than at the call before. */
  takeClaimed(): ReadonlySet<string> {
    const claimed = this.#claimed;
    this.#claimed = new Set();
    return claimed;
  }

  /** Takes in an authenticated heartbeat, and its bytes where they may be passed on. */
  receive(heartbeat: Heartbeat, nowMs: number, body?: HeartbeatBody): HeartbeatEffect {
    const member = this.#members.get(heartbeat.node);
    if (member === undefined) return "unknown-node";
    const isFresh = heartbeat.echo === this.#options.session;
    if (!this.#follows(member, heartbeat, isFresh)) return "stale";
    member.quietMs = 0;
    if (!isFresh) {
      if (member.liveSinceMs !== undefined) member.deafMs = 0;
      return "stale";
    }
    Object.assign(member, { directMs: 0, relayedBy: undefined, lateMs: this.#lateMs(nowMs) });
    if (heartbeat.watch !== undefined) member.body = body;
    const effect = this.#takeIn(member, heartbeat, nowMs);
    this.#takeInWatch(member, heartbeat);
    return effect;
  }

  /**
   * Takes in a heartbeat that another member passed on. It counts as fresh by that one's word, which hears it, and whose own
   * session and sequence number show that this is not a replay; the member counts as heard when that one heard it.
   */
  receiveRelayed({ heartbeat }: ReceivedHeartbeat, relay: RelayHead, nowMs: number): HeartbeatEffect {
    if (relay.echo !== this.#options.session) return "stale";
    const [by, witness] = [...this.#members].find(([, { session }]) => session === relay.session) ?? [];
    const member = this.#members.get(heartbeat.node);
    if (member === undefined || witness === undefined) return "unknown-node";
    // Its heartbeats have the same counter: what comes behind one of them was kept back.
    if (relay.sequence <= Math.max(witness.sequence, witness.relaySequence)) return "stale";
    if (witness.liveSinceMs === undefined || witness.relayedBy !== undefined || witness === member) return "stale";
    witness.relaySequence = relay.sequence;
    if (!isLater(member, relay.ageMs) || !this.#follows(member, heartbeat, true)) return "stale";
    const effect = this.#takeIn(member, heartbeat, nowMs - relay.ageMs);
    const everyMs = Math.min(relay.everyMs, this.#longestPromiseMs);
    Object.assign(member, { silentMs: relay.ageMs, relayedBy: by, everyMs });
    this.#reports.refute(heartbeat.session);
    return effect;
  }

  /** What to pass on to a member that asks for others, by their ids: of those that this speaker hears itself. */
  relaysFor(node: string, asked: readonly bigint[], nowMs: number): readonly RelayedHeartbeat[] {
    const asking = this.#members.get(node);
    return asked.flatMap((id) => {
      const member = this.#members.get(this.#witnesses.nodeOf(id) ?? "");
      const ageMs = member && ageToRelay(member, nowMs);
      if (asking === undefined || member?.body === undefined || ageMs === undefined) return [];
      return [{ body: member.body, ageMs, everyMs: Math.max(member.everyMs, asking.everyMs) }];
    });
  }

  /** Whether a heartbeat is newer than the last one of its sender, or the first one of a session that may replace the known one. */
  #follows(member: HeardMember, heartbeat: Heartbeat, isFresh: boolean): boolean {
    if (heartbeat.session === member.session) {
      if (heartbeat.sequence <= member.sequence) return false;
    } else {
      if (!mayReplace(member, heartbeat, isFresh)) return false;
      const { silentMs, directMs, signs } = member;
      const kept = { session: heartbeat.session, retired: retire(member), silentMs, directMs, signs };
      this.#reports.forget(heartbeat.node);
      Object.assign(member, newMember(), kept);
      this.#viewVersion += 1;
    }
    member.sequence = heartbeat.sequence;
    return true;
  }

  #takeIn(member: HeardMember, heartbeat: Heartbeat, heardMs: number): HeartbeatEffect {
    if (member.liveSinceMs === undefined && member.hasLived) this.#revivals += 1;
    const isOther = takeIn(member, heartbeat, heardMs);
    if (isOther) this.#viewVersion += 1;
    const isClaiming = member.claims.take(heartbeat, { claimed: this.#claimed, textOf: this.#textOf });
    return isOther ? "changed" : isClaiming ? "claimed" : "unchanged";
  }

  #takeInWatch(member: HeardMember, { node, session, watch }: Heartbeat): void {
    this.#reports.refute(session);
    this.#reports.take(node, watch?.silent ?? []);
    member.everyMs = Math.min(watch?.everyMs ?? 0, this.#longestPromiseMs);
    member.knownVersion = watch?.knownVersion ?? 0;
    if (watch !== undefined) member.deafMs = watch.isDeaf ? 0 : Infinity;
  }

  /** For how long what is read now may have lain unread, because this speaker did not run; 0 where it ticked in time. */
  #lateMs(nowMs: number): number {
    const awayMs = Math.max(this.#passedMs, nowMs - (this.#lastTickMs ?? nowMs));
    return awayMs > LATE_SHARE * this.#options.maxTickMs ? awayMs : 0;
  }

  /** Counts silence; true if a member died by it. Call it often: at least every `maxTickMs`. */
  tick(nowMs: number): boolean {
    const passedMs = nowMs - (this.#lastTickMs ?? nowMs);
    const isAwake = passedMs < AWAY_MS;
    const elapsedMs = isAwake ? Math.min(passedMs, this.#options.maxTickMs) : 0;
    this.#lastTickMs = nowMs;
    this.#passedMs = passedMs;
    if (!isAwake) this.#wake();
    let died = false;
    for (const [node, member] of this.#members) {
      member.silentMs += elapsedMs;
      member.quietMs += elapsedMs;
      member.directMs += elapsedMs;
      member.deafMs += elapsedMs;
      if (member.liveSinceMs === undefined) continue;
      if (!this.#isDead(node, member, nowMs)) {
        this.#question(node, member, nowMs);
        continue;
      }
      member.fellSilent = this.#isWatched(member);
      Object.assign(member, { liveSinceMs: undefined, relayedBy: undefined });
      died = true;
    }
    if (died) this.#viewVersion += 1;
    this.#updateSilent();
    if (readsVersion3(this.#options.session)) this.#witnesses.update(this.#members);
    return died;
  }

  /** Heartbeats and answers of the meantime may lie unread, and those that are on their way may get lost. */
  #wake(): void {
    for (const member of this.#members.values()) {
      if (member.liveSinceMs === undefined || !this.#isWatched(member)) continue;
      member.silentMs = 0;
      endSilence(member.signs, member, member.stallMs);
    }
  }

  /** The members whose kernels are to be asked now, of those that are watched closely. */
  takeQuestions(): readonly NodeQuestion[] {
    const questions = this.#questions;
    this.#questions = [];
    return questions;
  }

  /** The kernel of a member's node answered. */
  hearKernel(node: string, nowMs: number): void {
    const member = this.#members.get(node);
    if (member !== undefined) noteAnswer(member.signs, nowMs);
  }

  /** The kernel of a silent member's node says that no process has the port that heartbeats go to. */
  hearRefusal(node: string): void {
    const member = this.#members.get(node);
    if (member !== undefined) noteRefusal(member.signs, member);
  }

  /** No question can be sent to the member's node. */
  cannotAsk(node: string): void {
    const member = this.#members.get(node);
    if (member !== undefined) noteUnasked(member.signs);
  }

  #question(node: string, member: HeardMember, nowMs: number): void {
    const question = this.#isWatched(member) ? takeQuestion(member.signs, member, nowMs) : undefined;
    if (question !== undefined) this.#questions.push({ node, question });
  }

  /** A longer promise is not believed: its sender would be alive for all others long after its death. */
  get #longestPromiseMs(): number {
    return Math.max(SLOW_MS, this.#members.size * this.#options.maxTickMs);
  }

  /** Whether its heartbeats come here, and so often that silence is noticed as soon as may be. */
  #isWatched({ everyMs, relayedBy }: HeardMember): boolean {
    return relayedBy === undefined && isWatchedClosely(everyMs, this.#options.deadAfterMs);
  }

  /** Silence that breaks its promise often enough, in milliseconds. */
  #lostMs(member: HeardMember): number {
    return member.everyMs * (this.#isWatched(member) ? LOST_INTERVALS : LOST_SLOW_INTERVALS);
  }

  #isDead(node: string, member: HeardMember, nowMs: number): boolean {
    const { silentMs, stallMs, session, signs } = member;
    const { deadAfterMs } = this.#options;
    if (this.#isWatched(member)) return isDead(signs, member, { deadAfterMs, nowMs });
    if (silentMs >= Math.max(deadAfterMs, this.#lostMs(member)) + stallMs) return true;
    return this.#isSuspect(member) && this.#isReported(node, session);
  }

  /** A watcher says that it fell silent, and it was not heard since: one that was lives, whatever its watchers say. */
  #isSuspect({ silentMs, session }: HeardMember): boolean {
    return silentMs >= this.#options.deadAfterMs && this.#reports.of(session).size > 0;
  }

  /** Enough watchers say that a member fell silent; one is enough where no other one is left to say so. */
  #isReported(node: string, session: bigint): boolean {
    const reporters = this.#reports.of(session);
    if (reporters.size >= REPORTS) return true;
    return this.#lastingWatchers(node).every((watcher) => reporters.has(watcher) || this.#isGone(watcher));
  }

  #isGone(node: string): boolean {
    const member = this.#members.get(node);
    return member?.liveSinceMs === undefined || this.#isSuspect(member);
  }

  /**
   * Whether most of the members that this speaker watches, itself counted, fell silent lately: rather than that they all died, it
   * is this one that hears nothing. Members that it never heard are none of them.
   */
  get isCutOff(): boolean {
    const watched = [...this.#members.values()].filter(
      (one) => one.hasLived && one.silentMs < REPORTED_MS && this.#isWatched(one),
    );
    const halfMs = this.#options.deadAfterMs / 2;
    const silent = watched.filter((one) => {
      const suspectMs = one.everyMs === 0 ? halfMs : suspectAfterMs(one);
      return one.silentMs >= Math.min(halfMs, suspectMs);
    });
    return silent.length * 2 > watched.length + 1;
  }

  /** A live member is silent for longer than a death takes to be noticed: it is waited for, because it stalled lately. */
  get isWaiting(): boolean {
    const { deadAfterMs } = this.#options;
    const isSilent = (one: HeardMember): boolean => this.#isWatched(one) && one.silentMs >= deadAfterMs;
    return [...this.#members.values()].some((one) => one.liveSinceMs !== undefined && isSilent(one));
  }

  /** A live member's own heartbeats do not come: others are asked for them. */
  get isAsking(): boolean {
    return this.#witnesses.isAskingForLive;
  }

  /** The members that always get each heartbeat of a node. */
  #lastingWatchers(node: string): readonly string[] {
    const known = this.#watchers.get(node);
    if (known !== undefined) return known;
    const watchers = lastingWatchersOf(node, this.#members.keys());
    this.#watchers.set(node, watchers);
    return watchers;
  }

  #updateSilent(): void {
    const silent: bigint[] = [];
    for (const { fellSilent, silentMs, session } of this.#members.values())
      if (fellSilent && silentMs < REPORTED_MS) silent.push(session);
    if (!isSameList(silent, this.#silent)) this.#silent = silent;
  }

  /** The live members, with their claims. */
  members(): readonly Member[] {
    const members: Member[] = [];
    for (const [node, heard] of this.#members) {
      const member = asLive(node, heard);
      if (member !== undefined) members.push(member);
    }
    return members;
  }

  /** A live member, with its claims; undefined for others. */
  memberOf(node: string): Member | undefined {
    const member = this.#members.get(node);
    return member && asLive(node, member);
  }

  /** Networks that a member named last, live or not; none of one that was never heard. */
  subnetsOf(node: string): readonly Cidr[] {
    return this.#members.get(node)?.subnets ?? [];
  }

  /** Whether a member died without a word: it was live in its session, did not say that it ends, and is silent. */
  hasFallen(node: string): boolean {
    const member = this.#members.get(node);
    return member?.hasLived === true && member.liveSinceMs === undefined && !member.leaving;
  }

  /** When a live member, or one that died, was heard last, by the clock of `receive`; undefined where it never was. */
  heardMsOf(node: string): number | undefined {
    return this.#members.get(node)?.heardMs;
  }

  /** What heartbeats to a member go by. */
  linkTo(node: string): MemberLink {
    const member = this.#members.get(node);
    if (member === undefined) return { session: 0n, isLive: false, knownVersion: 0, silentMs: 0 };
    const { session, liveSinceMs, relayedBy, knownVersion, silentMs } = member;
    return { session, isLive: liveSinceMs !== undefined && relayedBy === undefined, knownVersion, silentMs };
  }

  /** The session of a member as last heard; 0n if never. */
  sessionOf(node: string): bigint {
    return this.#members.get(node)?.session ?? 0n;
  }

  /**
   * Whether a member of version 1 was heard lately: it has to hear each heartbeat of all others. Only one that has heard
   * this speaker counts: else a single replay, of a speaker from before its upgrade, would make all watch all.
   */
  hearsVersion1(): boolean {
    for (const { session, hasLived, silentMs } of this.#members.values())
      if (hasLived && !readsVersion2(session) && silentMs < VERSION_1_MS) return true;
    return false;
  }

  /** What a heartbeat of version 2 to a member says of the heartbeats that come from it, but for the interval. */
  wordsTo(node: string): Omit<WatchWords, "everyMs"> {
    const member = this.#members.get(node);
    const isDeaf = member !== undefined && member.silentMs >= this.#unheardAfterMs(member);
    const asked = member === undefined ? [] : this.#witnesses.askedOf(node, member);
    const said = { knownVersion: member?.claims.version ?? 0, isDeaf, silent: this.#silent };
    return asked.length === 0 ? said : { ...said, asked };
  }

  #unheardAfterMs(member: HeardMember): number {
    return Math.max(this.#options.unheardAfterMs, this.#lostMs(member));
  }

  /** True once every member is live and all its claims are known: then nothing is left to wait for before standing. */
  isComplete(): boolean {
    return [...this.#members.values()].every(
      (member) => member.liveSinceMs !== undefined && member.claims.version !== undefined,
    );
  }

  /**
   * The members that have not been heard for a while, by node: `silent`, `relayed` where another member passes their heartbeats on,
   * or `deaf` where these arrive and say that they do not hear ours.
   */
  unheard(): ReadonlyMap<string, Unheard> {
    const { maxTickMs } = this.#options;
    const kindOf = (member: HeardMember): Unheard | undefined => {
      const { silentMs, quietMs, deafMs, directMs } = member;
      const unheardAfterMs = this.#unheardAfterMs(member);
      const deafForMs = Math.max(unheardAfterMs, 2 * DEAF_EVERY * maxTickMs);
      if (silentMs >= unheardAfterMs) return quietMs < unheardAfterMs ? "deaf" : "silent";
      if (member.relayedBy !== undefined && directMs >= unheardAfterMs) return "relayed";
      return deafMs < deafForMs ? "deaf" : undefined;
    };
    const unheard = new Map<string, Unheard>();
    for (const [node, member] of this.#members) {
      const kind = kindOf(member);
      if (kind !== undefined) unheard.set(node, kind);
    }
    return unheard;
  }

  /**
   * What the next heartbeat of version 1 to a member echoes: its session as last heard; 0 if never heard. One that is silent for a
   * while, though our heartbeats may well reach it, learns that by a 0 now and then. It goes on believing the others: if
   * it did not, it would take back what this speaker took over from it.
   */
  echoTo(node: string): bigint {
    const member = this.#members.get(node);
    if (member === undefined) return 0n;
    member.echoes += 1;
    const isTold = member.silentMs >= this.#options.unheardAfterMs && member.echoes % DEAF_EVERY === 0;
    return isTold ? 0n : member.session;
  }
}

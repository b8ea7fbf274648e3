import { isDeepStrictEqual } from "node:util";
import type { Member, NodeStandings } from "#src/election/member.ts";
import { type Announcement, type ElectionSnapshot, planAnnouncements } from "#src/election/plan.ts";
import type { Heartbeat } from "#src/wire/heartbeat.ts";
import { printMac } from "#src/wire/mac.ts";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import type { IpRange } from "#src/ip/range.ts";
import type { ArpSysctls } from "#src/linux/arp-sysctls.ts";
import { AnnouncementQueue } from "./announcement-queue.ts";
import type { CounterSet } from "./counter-set.ts";
import { DirtyAddresses } from "./dirty-addresses.ts";
import { ForeignClaims } from "./foreign-claims.ts";
import { Guests } from "./guests.ts";
import type { HeartbeatSender } from "./heartbeat-sender.ts";
import { Joining } from "./joining.ts";
import type { LastAnswers } from "./last-answers.ts";
import type { LocalNetwork } from "./local-network.ts";
import { type NetworksToTell, networksToTell } from "./networks-to-tell.ts";
import { Membership } from "./membership.ts";
import type { ClusterMessage, FromWorker, MemberMessage, SpeakerState, ToWorker, WorkerSettings } from "./messages.ts";
import { type ClaimsChange, OwnClaims } from "./own-claims.ts";
import { Reporter } from "./reporter.ts";
import type { Responders } from "./responders.ts";
import { SelfCheck } from "./self-check.ts";
import { Stalls } from "./stalls.ts";
import { speakerState } from "./speaker-state.ts";
import { type Handover, handoversOf } from "./handovers.ts";
import { TakeoverLog } from "./takeover-log.ts";
import { WantedAddresses } from "./wanted-addresses.ts";

/** A member that is silent for so long, or is deaf to this speaker, is reported: every restart takes less. */
const LEAST_UNHEARD_MS = 5_000;
/** Elections are looked at again at least this often: a wait may have ended. */
const REVIEW_MS = 1_000;

export interface SpeakerOptions {
  readonly settings: WorkerSettings;
  readonly heartbeats: Pick<HeartbeatSender, "session" | "send">;
  readonly responders: Pick<
    Responders,
    "announce" | "setAnnounced" | "settle" | "subnets" | "links" | "sharedNetworks"
  >;
  readonly counters: CounterSet;
  readonly answers: Pick<LastAnswers, "forget">;
  /** What this machine's own links and routes say. */
  readonly network: Pick<LocalNetwork, "gateways" | "forbidden" | "links" | "addresses">;
  arpSysctls(interfaceName: string): ArpSysctls;
  /** Milliseconds since 1970, for people. */
  wallMs(): number;
  /** A number from 0 to 1, new at each call. */
  chance(): number;
  post(message: FromWorker): void;
}

/**
 * The heart of a speaker: hears heartbeats, decides by `planAnnouncements`, and makes the responders match. It has no
 * timer of its own: the worker calls `tick` every heartbeat interval and `receive` for each heartbeat. No
 * heartbeat makes it decide or send before the next `tick`: a burst of them, however long, makes no more work than one.
 */
export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #membership: Membership;
  readonly #check: SelfCheck;
  readonly #joining: Joining;
  readonly #takeovers = new TakeoverLog();
  readonly #foreign = new ForeignClaims();
  readonly #stalls: Stalls;
  readonly #queue: AnnouncementQueue;
  readonly #reporter: Reporter;
  readonly #claims = new OwnClaims();
  readonly #guests = new Guests();
  readonly #wanted: WantedAddresses;
  readonly #dirty = new DirtyAddresses();
  /** The highest term heard of each wanted address. */
  readonly #terms = new Map<string, number>();
  readonly #plan = new Map<string, Announcement>();
  /** Addresses of the plan that no member claims. */
  readonly #vacant = new Set<string>();
  /** Addresses of ours that another member claims as well. */
  readonly #contested = new Set<string>();
  #ranges: readonly IpRange[] = [];
  #networks: NetworksToTell;
  #nodes: NodeStandings;
  #members: readonly MemberMessage[] = [];
  /** All that heartbeats go to. */
  #recipients: readonly MemberMessage[] = [];
  #isMember = false;
  #isLeaving = false;
  /** Since when no other speaker has taken an address from us. */
  #steadySinceMs = 0;
  #reviewedMs = 0;

  constructor(options: SpeakerOptions) {
    this.#options = options;
    const { heartbeatEveryMs, deadAfterMs } = options.settings;
    const { session } = options.heartbeats;
    const unheardAfterMs = Math.max(LEAST_UNHEARD_MS, deadAfterMs * 2);
    this.#membership = new Membership({ session, deadAfterMs, unheardAfterMs, maxTickMs: heartbeatEveryMs * 2 });
    this.#wanted = new WantedAddresses(options.settings.node);
    this.#check = new SelfCheck({ ...options, ...options.settings, membership: this.#membership });
    this.#networks = networksToTell(options.responders.subnets(), { wanted: [], ranges: [] });
    this.#joining = new Joining(heartbeatEveryMs);
    this.#stalls = new Stalls(deadAfterMs / 2);
    this.#queue = new AnnouncementQueue((ip) => options.responders.announce(ip), options.chance);
    this.#reporter = new Reporter({
      post: options.post,
      counters: () => options.counters.read(),
      size: () =>
        this.#claims.byAddress.size + [...this.#plan.values()].filter(({ owner }) => owner === undefined).length,
      state: () => this.#state(),
    });
  }

  #state(): SpeakerState {
    const { network, responders } = this.#options;
    return speakerState({
      self: this.#self(),
      others: this.#membership.members(),
      wanted: this.#wanted.byAddress,
      nodes: this.#nodes,
      plan: this.#plan,
      links: responders.links(),
      gateways: network.gateways,
      machineAddresses: network.addresses,
      unheard: this.#check.unheard,
      problems: this.#check.problems,
      takeovers: this.#takeovers.list(),
    });
  }

  /**
   * Takes in what the main thread says. A new address is decided on and announced at once, not at the next tick: the
   * main thread gathers the changes of a storm, so this is bounded too.
   */
  handle(message: Exclude<ToWorker, { kind: "keys" }>, nowMs: number): void {
    if (message.kind === "cluster") {
      this.#takeCluster(message, nowMs);
      return this.#joining.stands ? this.#decideDue(nowMs) : undefined;
    }
    this.#isLeaving = true;
    return this.#dirty.markAll();
  }

  #takeCluster({ wanted, gone, ranges, members, nodes, isMember }: ClusterMessage, nowMs: number): void {
    this.#dirty.mark(this.#updateWanted(wanted, gone, nowMs));
    if (ranges !== undefined) this.#ranges = ranges;
    if (ranges !== undefined || wanted.length > 0 || gone.length > 0) this.#chooseNetworks();
    this.#isMember = isMember;
    if (nodes !== undefined) {
      this.#nodes = nodes.length === 0 ? undefined : new Map(nodes);
      this.#dirty.markAll();
    }
    if (members !== undefined) this.#members = members;
    this.#setRecipients();
  }

  /** An address of ours that is to be announced on other interfaces now moves there at once, and is announced again. */
  #updateWanted(wanted: ClusterMessage["wanted"], gone: readonly string[], nowMs: number): readonly string[] {
    const claims = this.#claims.byAddress;
    const before = this.#wanted.announced(
      claims,
      wanted.map(({ ip }) => ip),
    );
    const changed = this.#wanted.update(wanted, gone);
    const after = this.#wanted.announced(claims, changed);
    const moved = [...after].filter(([key, one]) => !isDeepStrictEqual(one.interfaces, before.get(key)?.interfaces));
    if (moved.length === 0) return changed;
    this.#options.responders.setAnnounced(
      after,
      moved.map(([key]) => key),
    );
    for (const [, { ip }] of moved) this.#queue.start(ip, nowMs);
    return changed;
  }

  /** Members and guests get heartbeats, and count. */
  #setRecipients(): void {
    this.#recipients = [...this.#members, ...this.#guests.besides(this.#members)];
    if (this.#membership.setMembers(new Set(this.#recipients.map(({ node }) => node)))) this.#dirty.markAll();
  }

  /** Takes in an authenticated heartbeat of another speaker, and where it came from; acted on at the next tick. */
  receive(heartbeat: Heartbeat, from: MemberMessage, nowMs: number): void {
    const isMember = this.#members.some(({ node }) => node === heartbeat.node);
    const isOwn = heartbeat.node === this.#options.settings.node;
    if (!isMember && !isOwn && this.#guests.hear(from, nowMs)) this.#setRecipients();
    const effect = this.#membership.receive(heartbeat, nowMs);
    this.#options.counters.add("heartbeats_received", effect);
    if (effect === "changed") this.#dirty.markAll();
  }

  /**
   * Links, addresses or routes of this machine changed. An address that it has itself now is withdrawn at once, not at
   * the next tick.
   */
  networkChanged(nowMs: number): void {
    this.#reporter.markDue();
    this.#reviewedMs = 0;
    this.#dirty.mark(this.#wanted.setLocal(this.#options.network.forbidden));
    if (this.#joining.stands) this.#decideDue(nowMs);
  }

  /** Another machine says on the wire that it has an address. */
  hearForeignClaim(ip: Ip, mac: string, nowMs: number): void {
    const key = printIp(ip);
    // An interface of this machine that hears another one of it.
    const isOwn = [...this.#options.network.links].some((link) => printMac(link.mac) === mac);
    if (!isOwn && this.#claims.byAddress.has(key)) this.#foreign.hear(key, { ip, mac }, nowMs);
  }

  /** The interfaces changed: everything announced is announced again where it is served now. */
  linksChanged(nowMs: number): void {
    this.#dirty.markAll();
    this.#chooseNetworks();
    this.#options.responders.setAnnounced(this.#wanted.announced(this.#claims.byAddress));
    for (const { ip } of this.#claims.byAddress.values()) this.#queue.start(ip, nowMs);
  }

  /** Which of its networks this speaker stands for addresses of, and names to the others. */
  #chooseNetworks(): void {
    const before = this.#networks.told;
    const wanted = this.#wanted.byAddress.values();
    this.#networks = networksToTell(this.#options.responders.subnets(), { wanted, ranges: this.#ranges });
    if (!isDeepStrictEqual(before, this.#networks.told)) this.#dirty.markAll();
  }

  /** Counts silence, decides if anything changed, sends due announcements and heartbeats, reports. */
  tick(nowMs: number): void {
    const stallMs = this.#joining.stands ? this.#stalls.tick(nowMs) : undefined;
    if (stallMs !== undefined) this.#reporter.logStall(stallMs);
    if (this.#membership.tick(nowMs) || this.#joins(nowMs)) this.#dirty.markAll();
    this.#dirty.mark(this.#membership.takeClaimed());
    if (nowMs - this.#reviewedMs >= REVIEW_MS) this.#review(nowMs);
    this.#decideDue(nowMs);
    this.#options.responders.settle(nowMs);
    this.#sendHeartbeats();
    this.#reporter.report(nowMs);
    if (this.#isLeaving && this.#hasNoSuccessorToAwait()) this.#options.post({ kind: "left" });
  }

  #decideDue(nowMs: number): void {
    // Without any address there is nothing to decide, yet something to say.
    if (this.#dirty.isMarked) this.#reporter.markDue();
    const keys = this.#dirty.take(this.#wanted.byAddress.keys(), this.#plan.keys());
    if (keys.size > 0) this.#decide(keys, nowMs);
    const sent = this.#queue.sendDue(nowMs);
    this.#options.counters.addAnnouncementRounds(sent);
  }

  /** Goes on with joining; true if this speaker says from now on that it is ready, or stands for election. */
  #joins(nowMs: number): boolean {
    if (this.#joining.stands || !this.#wanted.isKnown || !this.#isMember) return false;
    const hasStepped = this.#joining.tick(nowMs, { hearsAll: this.#membership.isComplete() });
    if (hasStepped && this.#joining.stands) this.#steadySinceMs = nowMs;
    return hasStepped;
  }

  /** What waits for its time is looked at again, and guests that went silent go. */
  #review(nowMs: number): void {
    this.#reviewedMs = nowMs;
    if (this.#guests.expire(nowMs)) this.#setRecipients();
    const beliefs = { members: this.#members, nodes: this.#nodes, wanted: this.#wanted.byAddress };
    const nodeOf = (mac: string) => this.#members.find(({ macs }) => macs.includes(mac))?.node;
    const claimsOf = (node: string) => this.#membership.claimsOf(node);
    const foreign = this.#foreign.problems(this.#options.settings.node, { nowMs, nodeOf, claimsOf });
    if (this.#check.review({ ...beliefs, foreign, untold: this.#networks.left })) this.#reporter.markDue();
    if (this.#options.settings.failBackAfterMs !== undefined) return this.#dirty.markAll();
    return this.#dirty.mark(this.#vacant);
  }

  /** Makes plan, claims and responders match what is known of these addresses. */
  #decide(keys: ReadonlySet<string>, nowMs: number): void {
    const { node } = this.#options.settings;
    const members = [this.#self(), ...this.#membership.members()];
    this.#rememberTerms(keys, members);
    const plan = planAnnouncements(this.#snapshot(members), { self: node, nowMs, keys });
    const ownersBefore = new Map<string, string | undefined>();
    for (const key of keys) {
      const announcement = plan.get(key);
      if (announcement?.claim !== this.#claims.byAddress.get(key)) ownersBefore.set(key, this.#plan.get(key)?.owner);
      if (announcement === undefined) this.#plan.delete(key);
      else this.#plan.set(key, announcement);
      if (announcement?.vacantSinceMs === undefined) this.#vacant.delete(key);
      else this.#vacant.add(key);
    }
    const held = new Map([...ownersBefore.keys()].map((key) => [key, this.#claims.byAddress.get(key)]));
    const change = this.#claims.update(keys, plan);
    if (change.gained.length > 0 || change.lost.length > 0) {
      const handovers = handoversOf(change, {
        ...this.#snapshot(members),
        self: node,
        known: new Set(this.#members.map((one) => one.node)),
        ownersBefore,
        plan: this.#plan,
        claimOf: (key) => held.get(key) ?? this.#claims.byAddress.get(key),
      });
      this.#apply(change, nowMs);
      this.#logTakeovers(handovers, nowMs);
    }
    this.#defendContested(keys, nowMs);
  }

  #snapshot(members: readonly Member[]): ElectionSnapshot {
    return {
      wanted: this.#wanted.byAddress,
      members,
      nodes: this.#nodes,
      knownMembers: this.#knownMembers(members),
      terms: this.#terms,
      failBackAfterMs: this.#options.settings.failBackAfterMs,
      before: this.#plan,
    };
  }

  /** Itself, all members, and guests while they live: a replay of one that is gone must not weaken claims. */
  #knownMembers(members: readonly Member[]): number {
    const known = new Set([this.#options.settings.node, ...this.#members.map(({ node }) => node)]);
    return known.size + members.filter(({ node }) => !known.has(node)).length;
  }

  #self(): Member {
    return {
      node: this.#options.settings.node,
      ready: this.#joining.stands,
      leaving: this.#isLeaving,
      liveSinceMs: this.#steadySinceMs,
      // As the others hear of: one that counted more would stand for addresses that they give to another.
      subnets: this.#networks.told,
      claims: this.#claims.byAddress,
    };
  }

  #apply({ gained, lost }: ClaimsChange, nowMs: number): void {
    const keys = [...gained, ...lost];
    this.#options.responders.setAnnounced(this.#wanted.announced(this.#claims.byAddress, keys), keys);
    for (const key of gained) this.#startAnnouncing(key, nowMs);
    for (const key of lost) {
      this.#queue.stop(key);
      this.#foreign.settle(key);
      this.#forgetAnswers(key);
    }
    if (lost.some((key) => this.#wanted.byAddress.has(key))) this.#steadySinceMs = nowMs;
  }

  #forgetAnswers(key: string): void {
    const ip = parseIp(key);
    if (ip !== undefined) this.#options.answers.forget(ip);
  }

  #logTakeovers(handovers: readonly Handover[], nowMs: number): void {
    const iso = new Date(this.#options.wallMs()).toISOString();
    for (const cause of this.#takeovers.add(handovers, { ms: nowMs, iso }))
      this.#options.counters.add("takeovers", cause);
    this.#reporter.logChange(handovers, this.#membership.members().length + 1);
  }

  #startAnnouncing(key: string, nowMs: number): void {
    const claim = this.#claims.byAddress.get(key);
    if (claim !== undefined) this.#queue.start(claim.ip, nowMs);
  }

  /**
   * Announces again what another member claims too, and again once that one has dropped it: neighbours that listened to
   * the other one, behind a partition for example, would otherwise go on sending there until they ask again.
   */
  #defendContested(keys: ReadonlySet<string>, nowMs: number): void {
    const own = this.#claims.byAddress;
    const members = this.#membership.members();
    for (const key of keys) {
      const isContested = own.has(key) && members.some(({ claims }) => claims.has(key));
      if (isContested === this.#contested.has(key)) continue;
      if (isContested) this.#contested.add(key);
      else this.#contested.delete(key);
      // A claim that is heard is settled by the election.
      this.#foreign.settle(key);
      this.#startAnnouncing(key, nowMs);
    }
  }

  #rememberTerms(keys: ReadonlySet<string>, members: readonly Member[]): void {
    for (const key of keys) {
      if (!this.#wanted.byAddress.has(key)) this.#terms.delete(key);
      else for (const { claims } of members) this.#rememberTerm(key, claims.get(key)?.term ?? 0);
    }
  }

  #rememberTerm(key: string, term: number): void {
    if (term > (this.#terms.get(key) ?? 0)) this.#terms.set(key, term);
  }

  #sendHeartbeats(): void {
    const { claims, subnets, leaving } = this.#self();
    const ready = this.#joining.isReady;
    const stallMs = this.#stalls.worstMs;
    const own = { ready, leaving, stallMs, subnets, claims, claimsVersion: this.#claims.version };
    this.#options.heartbeats.send(this.#recipients, own, (node) => this.#membership.echoTo(node));
  }

  /** Leaving is done when each address we still hold has no other speaker to go to. */
  #hasNoSuccessorToAwait(): boolean {
    const { node } = this.#options.settings;
    return [...this.#claims.byAddress.keys()].every((key) => {
      const owner = this.#plan.get(key)?.owner;
      return owner === undefined || owner === node;
    });
  }
}

import { isDeepStrictEqual } from "node:util";
import { Election, type ElectionChange, type ElectionView } from "#src/election/election.ts";
import type { Handover } from "#src/election/handovers.ts";
import { type Member, type NodeStandings, standingOf } from "#src/election/member.ts";
import { Membership } from "#src/election/membership.ts";
import { Spreading } from "#src/election/spreading.ts";
import type { Family, Ip } from "#src/ip/address.ts";
import { cidrContains } from "#src/ip/cidr.ts";
import { assigningPools } from "#src/model/assigning-pool.ts";
import type { ReceivedHeartbeat } from "#src/wire/heartbeat.ts";
import type { Announcer, TickView } from "./announcer.ts";
import type { ConnectionKeeper } from "./connection-keeper.ts";
import type { CounterSet } from "./counter-set.ts";
import { DirtyAddresses } from "./dirty-addresses.ts";
import type { HeartbeatSender } from "./heartbeat-sender.ts";
import { isOurs } from "./is-ours.ts";
import { Joining } from "./joining.ts";
import { KeptConnections } from "./kept-connections.ts";
import type { LocalNetwork } from "./local-network.ts";
import { Members } from "./members.ts";
import type {
  ClusterMessage,
  FromWorker,
  MemberMessage,
  PoolMessage,
  SpeakerState,
  ToWorker,
  WorkerSettings,
} from "./messages.ts";
import { type NetworksToTell, networksToTell } from "./networks-to-tell.ts";
import type { NodeQuestions } from "./node-questions.ts";
import { Reporter } from "./reporter.ts";
import { SelfCheck } from "./self-check.ts";
import { speakerState } from "./speaker-state.ts";
import { Stalls } from "./stalls.ts";
import { TakeoverLog } from "./takeover-log.ts";
import { WantedAddresses } from "./wanted-addresses.ts";
import { Watching } from "./watching.ts";

/** A member that is silent for so long, or is deaf to this speaker, is reported: every restart takes less. */
const LEAST_UNHEARD_MS = 5_000;
const NO_MOVES: ReadonlySet<string> = new Set();
/** Heartbeats of others that are passed on between two ticks, at most. */
const RELAYS_PER_TICK = 32;
/** Elections are looked at again at least this often: a wait may have ended. */
const REVIEW_MS = 1_000;

export interface SpeakerOptions {
  readonly settings: WorkerSettings;
  readonly heartbeats: Pick<HeartbeatSender, "session" | "send" | "relay">;
  readonly announcers: readonly Announcer[];
  readonly counters: CounterSet;
  /** What this machine's own links and routes say. */
  readonly network: Pick<LocalNetwork, "gateways" | "forbidden" | "addresses">;
  /** Asks the kernels of members that fall silent. */
  readonly questions: Pick<NodeQuestions, "ask">;
  /** Keeps connections where addresses move; undefined: they end. */
  readonly keeper?: Pick<ConnectionKeeper, "follow" | "forget" | "end"> | undefined;
  /** Milliseconds since 1970, for people and for the time of the day. */
  wallMs(): number;
  post(message: FromWorker): void;
  /** Asks for a call of `goOn`, when ticks that are due and heartbeats that wait are done. */
  goOnSoon(): void;
}

/**
 * The heart of a speaker: hears heartbeats, holds elections, and makes the announcers match. It has no timer of its own:
 * the worker calls `tick` every heartbeat interval and `receive` for each heartbeat. A heartbeat makes it decide before the
 * next `tick` once at most: a burst of them, however long, makes no more work than one. What takes longer than a few milliseconds,
 * as taking hundreds of addresses over, is done portion by portion (`goOn`): meanwhile it hears and sends heartbeats, and does not look
 * dead itself.
 */
export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #membership: Membership;
  readonly #members: Members;
  readonly #watching: Watching;
  readonly #election = new Election();
  readonly #wanted: WantedAddresses;
  readonly #dirty = new DirtyAddresses();
  readonly #joining: Joining;
  readonly #stalls: Stalls;
  readonly #check: SelfCheck;
  readonly #spreading: Spreading;
  readonly #connections: KeptConnections | undefined;
  readonly #takeovers = new TakeoverLog();
  readonly #reporter: Reporter;
  #pools: readonly PoolMessage[] = [];
  #poolOf = assigningPools([]);
  #networks: NetworksToTell;
  #nodes: NodeStandings;
  /** Addresses that this speaker takes over by planned moves when it decides on them next. */
  #moves = NO_MOVES;
  #isMember = false;
  #isLeaving = false;
  /** Since the last tick, by what a heartbeat said. */
  #hasDecidedEarly = false;
  #relaysLeft = RELAYS_PER_TICK;
  /** Since when no other speaker has taken an address from us. */
  #steadySinceMs = 0;
  #reviewedMs = 0;

  constructor(options: SpeakerOptions) {
    this.#options = options;
    const { node, heartbeatEveryMs, deadAfterMs } = options.settings;
    const { session } = options.heartbeats;
    const unheardAfterMs = Math.max(LEAST_UNHEARD_MS, deadAfterMs * 2);
    this.#membership = new Membership({ session, deadAfterMs, unheardAfterMs, maxTickMs: heartbeatEveryMs * 2 });
    this.#members = new Members({ self: node, membership: this.#membership });
    const { membership, members } = { membership: this.#membership, members: this.#members };
    this.#watching = new Watching({ membership, members, session, heartbeatEveryMs, deadAfterMs });
    this.#wanted = new WantedAddresses(node);
    this.#check = new SelfCheck({ ...options.settings, membership: this.#membership });
    this.#networks = networksToTell(this.#ownNetworks(), { wanted: [], pools: [] });
    this.#joining = new Joining(heartbeatEveryMs);
    this.#stalls = new Stalls(deadAfterMs / 2);
    this.#spreading = new Spreading(options.settings.failBackAfterMs, options.settings.failBackWindow);
    this.#connections = this.#keepConnections(options);
    this.#reporter = new Reporter({
      post: options.post,
      counters: () => options.counters.read(),
      size: () => this.#election.size,
      state: () => this.#state(),
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

  /**
   * Takes in an authenticated heartbeat of another speaker, and where it came from. That it cannot serve any longer, for example, is
   * acted on at once; all else, and what more comes before the next tick, then.
   */
  receive(received: ReceivedHeartbeat, from: MemberMessage, nowMs: number): void {
    const { effect, hasNewGuest } = this.#members.receive(received, from, nowMs);
    this.#options.counters.add("heartbeats_received", effect);
    if (effect !== "stale" && received.relay === undefined) this.#passOn(received, nowMs);
    if (effect !== "changed" && !hasNewGuest) return;
    this.#dirty.markAll();
    if (!this.#joining.stands || this.#hasDecidedEarly) return;
    this.#hasDecidedEarly = true;
    this.#decideDue(nowMs);
  }

  /** Passes on at once what a heartbeat asks for: who asks will soon take it for dead. */
  #passOn({ heartbeat: { node, watch } }: ReceivedHeartbeat, nowMs: number): void {
    if (watch?.asked === undefined) return;
    const to = this.#members.recipients.find((one) => one.node === node);
    if (to === undefined) return;
    const relays = this.#membership.relaysFor(node, watch.asked, nowMs).slice(0, this.#relaysLeft);
    this.#relaysLeft -= relays.length;
    this.#options.heartbeats.relay(to, this.#membership.sessionOf(node), relays);
    this.#options.counters.add("heartbeats_sent", "relay", relays.length);
  }

  /** The kernel of a member's node answered a question: its machine lives, whatever its speaker does. */
  hearKernel(node: string, nowMs: number): void {
    this.#membership.hearKernel(node, nowMs);
  }

  /** The kernel of a member's node refused a datagram to its speaker, which is gone. */
  hearRefusal(node: string): void {
    this.#membership.hearRefusal(node);
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

  /**
   * The interfaces changed: everything announced is announced again where it is served now. Where a network came or went, the
   * others hear of it at once, by whatever path is left: they take over what this speaker can no longer announce.
   */
  linksChanged(nowMs: number): void {
    this.#dirty.markAll();
    const before = this.#networks.told;
    this.#chooseNetworks();
    for (const announcer of this.#options.announcers) announcer.linksChanged(nowMs);
    if (!this.#joining.stands || isDeepStrictEqual(before, this.#networks.told)) return;
    this.#decideDue(nowMs);
    this.#sendHeartbeats(nowMs);
  }

  /** Counts silence, decides if anything changed, sends due announcements and heartbeats, reports. */
  tick(nowMs: number): void {
    this.#hasDecidedEarly = false;
    this.#relaysLeft = RELAYS_PER_TICK;
    const stallMs = this.#joining.stands ? this.#stalls.tick(nowMs) : undefined;
    if (stallMs !== undefined) this.#reporter.logStall(stallMs);
    const hasDied = this.#membership.tick(nowMs);
    this.#askKernels();
    if (hasDied) this.#markBereft(nowMs);
    if (this.#joins(nowMs)) this.#dirty.markAll();
    this.#dirty.mark(this.#membership.takeClaimed());
    if (nowMs - this.#reviewedMs >= REVIEW_MS) this.#review(nowMs);
    this.#decideDue(nowMs);
    this.#sendHeartbeats(nowMs);
    this.#reporter.report(nowMs, { isBusy: this.#hasMore });
    const hasLeft =
      this.#isLeaving && !this.#dirty.hasMore && this.#election.hasNoSuccessorToAwait(this.#options.settings.node);
    if (!hasLeft) return;
    this.#connections?.end(nowMs);
    this.#options.post({ kind: "left" });
  }

  /**
   * A member died: what it announced is decided on at once, all else, which is announced as before, bit by bit. With a thousand
   * addresses the clients of the dead would wait tens of milliseconds for the plan of the others.
   */
  #markBereft(nowMs: number): void {
    this.#forgetDead(nowMs);
    const live = new Set([this.#options.settings.node, ...this.#members.live().map(({ node }) => node)]);
    this.#dirty.mark(this.#election.bereft(live));
    this.#dirty.markLater(this.#wanted.byAddress.keys());
  }

  #askKernels(): void {
    for (const { node, question } of this.#membership.takeQuestions()) {
      const member = this.#members.recipients.find((one) => one.node === node);
      if (member === undefined || !this.#options.questions.ask(member, question)) this.#membership.cannotAsk(node);
    }
  }

  #takeCluster({ wanted, gone, pools, members, nodes, isMember, rebalanceForMs }: ClusterMessage, nowMs: number): void {
    this.#dirty.mark(this.#updateWanted(wanted, gone, nowMs));
    if (pools !== undefined) {
      this.#pools = pools;
      this.#poolOf = assigningPools(pools);
    }
    if (pools !== undefined || wanted.length > 0 || gone.length > 0) this.#chooseNetworks();
    this.#isMember = isMember;
    if (nodes !== undefined) this.#nodes = nodes.length === 0 ? undefined : new Map(nodes);
    if (nodes !== undefined) {
      this.#spreading.disturb(nowMs);
      this.#forgetDead(nowMs);
    }
    if (rebalanceForMs !== undefined) this.#spreading.ask(rebalanceForMs, nowMs);
    const isOther = members !== undefined && this.#members.setNamed(members);
    if (nodes !== undefined || isOther) this.#dirty.markAll();
  }

  /** An address of ours that is to be announced otherwise now, on other interfaces for example, is announced again at once. */
  #updateWanted(wanted: ClusterMessage["wanted"], gone: readonly string[], nowMs: number): readonly string[] {
    const { claims } = this.#election;
    const before = this.#wanted.announced(
      claims,
      wanted.map(({ ip }) => ip),
    );
    const changed = this.#wanted.update(wanted, gone);
    const after = this.#wanted.announced(claims, changed);
    const moved = [...after].filter(([key, one]) => !isDeepStrictEqual(one, before.get(key)));
    const keys = moved.map(([key]) => key);
    if (keys.length > 0) for (const announcer of this.#options.announcers) announcer.announce(after, keys, nowMs);
    return changed;
  }

  #ownNetworks() {
    return this.#options.announcers.flatMap((announcer) => announcer.networks());
  }

  /** Which of its networks this speaker stands for addresses of, and names to the others. */
  #chooseNetworks(): void {
    const before = this.#networks.told;
    const wanted = this.#wanted.byAddress.values();
    this.#networks = networksToTell(this.#ownNetworks(), { wanted, pools: this.#pools });
    if (!isDeepStrictEqual(before, this.#networks.told)) this.#dirty.markAll();
  }

  /** Begins with what is marked; what is more than one portion goes on at calls of `goOn`. */
  #decideDue(nowMs: number): void {
    // Without any address there is nothing to decide, yet something to say.
    if (this.#dirty.isMarked) this.#reporter.markDue();
    this.#dirty.begin(this.#wanted.byAddress.keys(), this.#election.plan.keys());
    this.goOn(nowMs);
  }

  /** Goes on with what was begun: decides on a portion of it, and lets the announcers send a portion. */
  goOn(nowMs: number): void {
    const keys = this.#dirty.take();
    if (keys.size > 0) {
      const change = this.#election.decide(keys, this.#view(), nowMs);
      const isLive = (node: string): boolean => this.#membership.linkTo(node).isLive;
      const { plan, claims } = this.#election;
      this.#connections?.decided(keys, { plan, claims, isLive }, nowMs);
      this.#apply(change, nowMs);
      // What is decided on again, because of a change meanwhile, does not move a second time.
      this.#moves = this.#moves.difference(keys);
      this.#spreading.wake();
    }
    this.#reporter.logChanges(this.#members.live().length + 1, nowMs, { isBusy: this.#dirty.hasMore });
    const view = this.#tickView();
    for (const announcer of this.#options.announcers) if (announcer.tick(view, nowMs)) this.#reporter.markDue();
    if (this.#hasMore) this.#options.goOnSoon();
  }

  /** What was begun is more than the portions that are done. */
  get #hasMore(): boolean {
    return this.#dirty.hasMore || this.#options.announcers.some(({ hasMore }) => hasMore);
  }

  /** Makes the announcers match what was decided. */
  #apply({ gained, lost, handovers, contested }: ElectionChange, nowMs: number): void {
    const { announcers } = this.#options;
    const keys = [...gained, ...lost];
    if (keys.length > 0) {
      const addresses = this.#wanted.announced(this.#election.claims, keys);
      for (const announcer of announcers) announcer.announce(addresses, keys, nowMs);
      if (lost.some((key) => this.#wanted.byAddress.has(key))) this.#steadySinceMs = nowMs;
      this.#logTakeovers(handovers, nowMs);
    }
    // Neighbours that listened to the other one, behind a partition for example, would go on sending there until they ask again.
    for (const announcer of announcers) announcer.repeat(contested, nowMs);
  }

  #logTakeovers(handovers: readonly Handover[], nowMs: number): void {
    const iso = new Date(this.#options.wallMs()).toISOString();
    const heardMs = (node: string): number | undefined => this.#membership.heardMsOf(node);
    for (const cause of this.#takeovers.add(handovers, { ms: nowMs, iso }, heardMs))
      this.#options.counters.add("takeovers", cause);
    this.#reporter.noteChanges(handovers, nowMs);
  }

  /** Goes on with joining; true if this speaker says from now on that it is ready, or stands for election. */
  #joins(nowMs: number): boolean {
    if (this.#joining.stands || !this.#wanted.isKnown || !this.#isMember) return false;
    const { length: members } = this.#members.recipients;
    const hasStepped = this.#joining.tick(nowMs, { hearsAll: this.#membership.isComplete(), members });
    if (hasStepped && this.#joining.stands) this.#steadySinceMs = nowMs;
    return hasStepped;
  }

  /** What waits for its time is looked at again, and guests that went silent go. */
  #review(nowMs: number): void {
    this.#reviewedMs = nowMs;
    if (this.#members.expireGuests(nowMs)) this.#dirty.markAll();
    const view = {
      node: this.#options.settings.node,
      wanted: this.#wanted.byAddress,
      untold: this.#networks.left,
      poolOf: this.#poolOf,
      ...this.#tickView(),
      memberOf: (node: string) => this.#membership.memberOf(node),
    };
    const announcing = this.#options.announcers.flatMap((announcer) => announcer.problems(view, nowMs));
    const beliefs = { members: this.#members.named, nodes: this.#nodes, announcing };
    if (this.#check.review(beliefs)) this.#reporter.markDue();
    this.#spread(nowMs);
    return this.#dirty.mark(this.#election.vacant);
  }

  #keepConnections({ keeper, settings }: SpeakerOptions): KeptConnections | undefined {
    const { node: self, keepConnectionsMs: keptMs } = settings;
    if (keeper === undefined || keptMs === undefined) return undefined;
    const hopTo = (node: string, ip: Ip): Ip | undefined => {
      const isNear = (hop: Ip): boolean => this.#networks.told.some((network) => cidrContains(network, hop));
      return this.#members.hopsOf(node).find((hop) => hop.family === ip.family && isNear(hop));
    };
    return new KeptConnections({ self, keptMs, keeper, hopTo });
  }

  /** Nodes that died, or that the cluster calls dead, know no connection any longer. */
  #forgetDead(nowMs: number): void {
    for (const node of this.#connections === undefined ? [] : this.#members.names) {
      const standing = standingOf(node, this.#nodes);
      const isDead = standing === "NodeNotReady" || standing === "NodeUnknown" || this.#membership.hasFallen(node);
      if (isDead) this.#connections?.died(node, nowMs);
    }
  }

  /** Chooses the addresses that this speaker takes over at this tick, so that they are spread over the members. */
  #spread(nowMs: number): void {
    if (!this.#joining.stands || this.#isLeaving) return;
    const { isCutOff, isWaiting, viewVersion } = this.#membership;
    if (isWaiting) this.#spreading.disturb(nowMs);
    const isUnsettled = !this.#election.isSettled || this.#dirty.hasMore;
    const { settings, wallMs } = this.#options;
    const moment = { self: settings.node, nowMs, wallMs: wallMs(), viewVersion, isUnsettled, isCutOff };
    this.#moves = new Set(this.#spreading.due(this.#view(), moment));
    this.#dirty.mark(this.#moves);
  }

  #tickView(): TickView {
    return {
      self: this.#self(),
      nodeOf: (mac) => this.#members.nodeOf(mac),
      live: () => this.#members.live(),
    };
  }

  /** Whether a Service has the address, or a pool may assign it. */
  isOurs(ip: Ip): boolean {
    return isOurs(ip, { wanted: this.#wanted.byAddress, poolOf: this.#poolOf });
  }

  /** The families of the addresses that Services have, or that pools contain. */
  families(): ReadonlySet<Family> {
    const families = new Set<Family>();
    for (const { ranges } of this.#pools) for (const { family } of ranges) families.add(family);
    for (const { ip } of this.#wanted.byAddress.values()) families.add(ip.family);
    return families;
  }

  /** The node with an interface of this Ethernet address, if it is a member's. */
  nodeOf(mac: string): string | undefined {
    return this.#members.nodeOf(mac);
  }

  #view(): ElectionView {
    const [self, live] = [this.#self(), this.#members.live()];
    const members = [self, ...live];
    const heirsOf = this.#watching.heirsOf(self, live);
    return {
      self: this.#options.settings.node,
      wanted: this.#wanted.byAddress,
      members,
      nodes: this.#nodes,
      named: this.#members.names,
      knownMembers: this.#members.countKnown(members),
      isCutOff: this.#membership.isCutOff,
      moves: this.#moves,
      ...(heirsOf === undefined ? {} : { heirsOf }),
    };
  }

  #self(): Member {
    return {
      node: this.#options.settings.node,
      ready: this.#joining.stands,
      leaving: this.#isLeaving,
      liveSinceMs: this.#steadySinceMs,
      // As the others hear of: one that counted more would stand for addresses that they give to another.
      subnets: this.#networks.told,
      claims: this.#election.claims,
    };
  }

  #sendHeartbeats(nowMs: number): void {
    const self = this.#self();
    const { claims, subnets, leaving } = self;
    const { claimsVersion } = this.#election;
    const own = {
      ready: this.#joining.isReady,
      leaving,
      stallMs: this.#stalls.worstMs,
      subnets,
      claims,
      claimsVersion,
    };
    const sent = this.#options.heartbeats.send(this.#watching.turns(self, own, nowMs), own, this.#membership);
    for (const pace of ["close", "slow"] as const) this.#options.counters.add("heartbeats_sent", pace, sent[pace]);
  }

  #state(): SpeakerState {
    const { network, announcers } = this.#options;
    return speakerState({
      self: this.#self(),
      others: this.#members.live(),
      wanted: this.#wanted.byAddress,
      nodes: this.#nodes,
      plan: this.#election.plan,
      interfaces: announcers.flatMap((announcer) => announcer.interfaces()),
      gateways: network.gateways,
      machineAddresses: network.addresses,
      unheard: this.#check.unheard,
      problems: this.#check.problems,
      takeovers: this.#takeovers.list(),
      isSilent: (key) => announcers.some(({ silent }) => silent.has(key)),
    });
  }
}

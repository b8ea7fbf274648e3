import type { Member, WantedAddress } from "#src/election/member.ts";
import { type AnnouncementPlan, planAnnouncements } from "#src/election/plan.ts";
import { parseIp, printIp } from "#src/ip/address.ts";
import { printCidr } from "#src/ip/cidr.ts";
import { type Heartbeat, SUBNETS_PER_HEARTBEAT } from "#src/wire/heartbeat.ts";
import { printMac } from "#src/wire/mac.ts";
import { AnnouncementQueue } from "#speaker/announcement-queue.ts";
import type { CounterSet } from "#speaker/counter-set.ts";
import type { HeartbeatSender } from "#speaker/heartbeat-sender.ts";
import { Membership } from "#speaker/membership.ts";
import type { FromWorker, PeerMessage, SpeakerState, ToWorker, WorkerSettings } from "#speaker/messages.ts";
import { type ClaimsChange, OwnClaims } from "#speaker/own-claims.ts";
import { Reporter } from "#speaker/reporter.ts";
import type { Responders } from "#speaker/responders.ts";

/**
 * How long a starting speaker waits to hear all others before it stands for election all the same. Time in which it did
 * not run itself, as at the start of a busy machine, does not count: heartbeats may lie unread.
 */
const JOIN_MS = 1_000;
/**
 * Heartbeats that say "ready" before a starting speaker takes its first address: those who start together then know of
 * each other, and no two take the same one.
 */
const INTRODUCTION_HEARTBEATS = 3;
/** Elections are looked at again at least this often: a wait may have ended. */
const REVIEW_MS = 1_000;

export interface SpeakerOptions {
  readonly settings: WorkerSettings;
  readonly heartbeats: Pick<HeartbeatSender, "session" | "send">;
  readonly responders: Pick<Responders, "announce" | "setAnnounced" | "subnets" | "links">;
  readonly counters: CounterSet;
  /** A number from 0 to 1, new at each call. */
  chance(): number;
  post(message: FromWorker): void;
}

/**
 * The heart of a speaker: hears heartbeats, decides by `planAnnouncements`, and makes the responders match. It has no
 * timer of its own: whoever runs it calls `tick` every heartbeat interval and `receive` for each heartbeat. It decides
 * and sends only in `tick`, so that no burst of heartbeats, however long, makes more work or traffic than one.
 */
export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #membership: Membership;
  readonly #queue: AnnouncementQueue;
  readonly #reporter: Reporter;
  readonly #claims = new OwnClaims();
  /** The highest term heard of each wanted address. */
  readonly #terms = new Map<string, number>();
  #wanted: ReadonlyMap<string, WantedAddress> | undefined;
  #peers: readonly PeerMessage[] = [];
  #plan: AnnouncementPlan = new Map();
  /** Addresses of ours that somebody else claims as well. */
  #contested: ReadonlySet<string> = new Set();
  #isDirty = false;
  #isLeaving = false;
  #waitedMs = 0;
  #tickedMs: number | undefined;
  #readySinceMs: number | undefined;
  #stands = false;
  /** Since when nobody has taken an address from us. */
  #steadySinceMs = 0;
  #reviewedMs = 0;

  constructor(options: SpeakerOptions) {
    this.#options = options;
    const { heartbeatEveryMs, deadAfterMs } = options.settings;
    const { session } = options.heartbeats;
    this.#membership = new Membership({ session, deadAfterMs, maxTickMs: heartbeatEveryMs * 2 });
    this.#queue = new AnnouncementQueue((ip) => options.responders.announce(ip), options.chance);
    this.#reporter = new Reporter({
      post: options.post,
      counters: () => options.counters.read(),
      state: () => this.#state(),
    });
  }

  /** Takes in what the main thread says; acted on at the next tick. */
  handle(message: ToWorker): void {
    this.#isDirty = true;
    if (message.kind === "leave") {
      this.#isLeaving = true;
      return;
    }
    this.#wanted = readWanted(message.wanted);
    this.#peers = message.peers;
    this.#membership.setPeers(new Set(message.peers.map(({ node }) => node)));
  }

  /** Takes in an authenticated heartbeat of another speaker; acted on at the next tick. */
  receive(heartbeat: Heartbeat, nowMs: number): void {
    const effect = this.#membership.receive(heartbeat, nowMs);
    this.#options.counters.add("heartbeats_received", effect);
    if (effect === "changed") this.#isDirty = true;
  }

  /** The interfaces changed: everything announced is announced anew where it is served now. */
  linksChanged(nowMs: number): void {
    this.#isDirty = true;
    this.#options.responders.setAnnounced(this.#claims.addresses());
    for (const { ip } of this.#claims.byAddress.values()) this.#queue.start(ip, nowMs);
  }

  /** Counts silence, decides if anything changed, sends due announcements and heartbeats, reports. */
  tick(nowMs: number): void {
    const died = this.#membership.tick(nowMs);
    const isDue = this.#isDirty || nowMs - this.#reviewedMs >= REVIEW_MS;
    const changed = (this.#joins(nowMs) || died || isDue) && this.#decide(nowMs);
    const sent = this.#queue.sendDue(nowMs);
    if (sent > 0) this.#options.counters.add("announcements_sent", "all", sent);
    this.#sendHeartbeats(changed);
    this.#reporter.report(nowMs);
    if (this.#isLeaving && this.#nobodyToWaitFor()) this.#options.post({ kind: "left" });
  }

  /** Goes on with joining; true if this speaker says from now on that it is ready, or stands for election. */
  #joins(nowMs: number): boolean {
    if (this.#stands || this.#wanted === undefined) return false;
    if (this.#readySinceMs === undefined) {
      this.#waitedMs += Math.min(nowMs - (this.#tickedMs ?? nowMs), this.#options.settings.heartbeatEveryMs * 2);
      this.#tickedMs = nowMs;
      if (!this.#membership.isComplete() && this.#waitedMs < JOIN_MS) return false;
      this.#readySinceMs = nowMs;
      return true;
    }
    const introductionMs = INTRODUCTION_HEARTBEATS * this.#options.settings.heartbeatEveryMs;
    if (nowMs - this.#readySinceMs < introductionMs) return false;
    this.#stands = true;
    this.#steadySinceMs = nowMs;
    return true;
  }

  /** Makes plan, claims and responders match what is known; true if the claims changed. */
  #decide(nowMs: number): boolean {
    this.#isDirty = false;
    this.#reviewedMs = nowMs;
    const { node, failBackAfterMs } = this.#options.settings;
    const members = [this.#self(), ...this.#membership.members()];
    this.#rememberTerms(members);
    this.#plan = planAnnouncements(
      {
        wanted: this.#wanted ?? new Map(),
        members,
        knownMembers: this.#membership.size + 1,
        terms: this.#terms,
        failBackAfterMs,
        before: this.#plan,
      },
      node,
      nowMs,
    );
    const change = this.#claims.replace(this.#plan, nowMs);
    const changed = change.gained.length > 0 || change.lost.length > 0;
    if (changed) this.#apply(change, nowMs);
    this.#defendContested(nowMs);
    this.#reporter.markDue();
    return changed;
  }

  #self(): Member {
    return {
      node: this.#options.settings.node,
      ready: this.#stands,
      leaving: this.#isLeaving,
      liveSinceMs: this.#steadySinceMs,
      // As many as the others hear of: whoever counted more would stand for addresses that others give to somebody else.
      subnets: this.#options.responders.subnets().slice(0, SUBNETS_PER_HEARTBEAT),
      claims: this.#claims.byAddress,
    };
  }

  #apply({ gained, lost }: ClaimsChange, nowMs: number): void {
    this.#options.responders.setAnnounced(this.#claims.addresses());
    for (const key of gained) this.#startAnnouncing(key, nowMs);
    for (const key of lost) this.#queue.stop(key);
    if (lost.some((key) => this.#wanted?.has(key))) this.#steadySinceMs = nowMs;
    this.#reporter.logChange({ gained, lost, members: this.#membership.members().length + 1 });
  }

  #startAnnouncing(key: string, nowMs: number): void {
    const claim = this.#claims.byAddress.get(key);
    if (claim !== undefined) this.#queue.start(claim.ip, nowMs);
  }

  /**
   * Announces anew what somebody else claims too, and again once that one has dropped it: neighbours that listened to
   * the other one, behind a partition for example, would otherwise go on sending there until they ask again.
   */
  #defendContested(nowMs: number): void {
    const before = this.#contested;
    const own = this.#claims.byAddress;
    const theirs = this.#membership.members().flatMap(({ claims }) => [...claims.keys()]);
    this.#contested = new Set(theirs.filter((key) => own.has(key)));
    for (const key of before.symmetricDifference(this.#contested)) this.#startAnnouncing(key, nowMs);
  }

  #rememberTerms(members: readonly Member[]): void {
    for (const { claims } of members) {
      for (const [key, { term }] of claims) this.#terms.set(key, Math.max(term, this.#terms.get(key) ?? 0));
    }
    for (const key of this.#terms.keys()) if (this.#wanted?.has(key) !== true) this.#terms.delete(key);
  }

  #sendHeartbeats(isNew: boolean): void {
    const { claims, subnets, leaving } = this.#self();
    const ready = this.#readySinceMs !== undefined;
    const own = { ready, leaving, subnets, claims, claimsVersion: this.#claims.version };
    const sessionOf = (node: string): bigint => this.#membership.sessionOf(node);
    this.#options.heartbeats.send(this.#peers, own, { sessionOf, isNew });
  }

  /** Leaving is done when each address we still hold has nobody else to go to. */
  #nobodyToWaitFor(): boolean {
    const { node } = this.#options.settings;
    return [...this.#claims.byAddress.keys()].every((key) => {
      const owner = this.#plan.get(key)?.owner;
      return owner === undefined || owner === node;
    });
  }

  #state(): SpeakerState {
    return {
      ready: this.#stands,
      announcing: [...this.#claims.byAddress].map(([ip, { term }]) => ({
        ip,
        term,
        sinceMs: this.#claims.sinceMs(ip),
      })),
      owners: [...this.#plan].map(([ip, { owner }]) => ({ ip, owner })),
      members: [this.#self(), ...this.#membership.members()].map(({ node, ready, leaving }) => ({
        node,
        ready,
        leaving,
      })),
      interfaces: this.#options.responders.links().map(({ link, subnets }) => ({
        name: link.name,
        mac: printMac(link.mac),
        subnets: subnets.map(printCidr),
      })),
    };
  }
}

function readWanted(wanted: Extract<ToWorker, { kind: "cluster" }>["wanted"]): ReadonlyMap<string, WantedAddress> {
  const addresses = wanted.map(({ ip: text, nodes }) => {
    const ip = parseIp(text);
    return ip === undefined ? undefined : { ip, nodes: nodes === undefined ? undefined : new Set(nodes) };
  });
  return new Map(addresses.filter((address) => address !== undefined).map((address) => [printIp(address.ip), address]));
}

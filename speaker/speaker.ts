import type { Member, WantedAddress } from "#src/election/member.ts";
import type { Claim } from "#src/wire/heartbeat.ts";
import { type AnnouncementPlan, planAnnouncements } from "#src/election/plan.ts";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { type Cidr, printCidr } from "#src/ip/cidr.ts";
import { printMac } from "#src/wire/mac.ts";
import { AnnouncementQueue } from "#speaker/announcement-queue.ts";
import type { CounterSet } from "#speaker/counter-set.ts";
import type { Heartbeats } from "#speaker/heartbeats.ts";
import { Membership } from "#speaker/membership.ts";
import type { FromWorker, PeerMessage, SpeakerState, ToWorker, WorkerSettings } from "#speaker/messages.ts";
import type { Responders } from "#speaker/responders.ts";

/** How long a starting speaker waits to hear all others before it stands for election all the same. */
const JOIN_MS = 1_000;
/** Elections are looked at again at least this often: a fail-back hold-off may have ended. */
const REVIEW_MS = 1_000;
/** State and counters go to the main thread at most this often. */
const REPORT_MS = 200;

export interface SpeakerOptions {
  readonly settings: WorkerSettings;
  readonly heartbeats: Pick<Heartbeats, "session" | "send">;
  readonly responders: Pick<Responders, "announce" | "setAnnounced" | "subnets" | "links">;
  readonly counters: CounterSet;
  /** A number from 0 to 1, new at each call. */
  chance(): number;
  post(message: FromWorker): void;
}

/**
 * The heart of a speaker: hears heartbeats, decides by `planAnnouncements`, and makes the responders match. It has no
 * timer of its own: whoever runs it calls `tick` every heartbeat interval and `receive` for each heartbeat.
 */
export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #membership: Membership;
  readonly #queue: AnnouncementQueue;
  #wanted: ReadonlyMap<string, WantedAddress> = new Map();
  #peers: readonly PeerMessage[] = [];
  #plan: AnnouncementPlan = new Map();
  #claims: ReadonlyMap<string, Claim> = new Map();
  #claimsVersion = 1;
  readonly #since = new Map<string, number>();
  readonly #terms = new Map<string, number>();
  #ready = false;
  #leaving = false;
  #joinUntilMs: number | undefined;
  #readySinceMs = 0;
  #reviewedMs = 0;
  #reportedMs = 0;
  #isReportDue = true;
  #reported = "";

  constructor(options: SpeakerOptions) {
    this.#options = options;
    const { heartbeatEveryMs, deadAfterMs } = options.settings;
    const { session } = options.heartbeats;
    this.#membership = new Membership({ session, deadAfterMs, maxTickMs: heartbeatEveryMs * 2 });
    this.#queue = new AnnouncementQueue((ip) => options.responders.announce(ip), options.chance);
  }

  /** Takes in what the main thread says. */
  handle(message: ToWorker, nowMs: number): void {
    if (message.kind === "leave") {
      this.#leaving = true;
      return this.#decide(nowMs);
    }
    this.#wanted = readWanted(message.wanted);
    this.#peers = message.peers;
    this.#membership.setPeers(new Set(message.peers.map(({ node }) => node)));
    this.#joinUntilMs ??= nowMs + JOIN_MS;
    return this.#decide(nowMs);
  }

  /** Takes in an authenticated heartbeat of another speaker. */
  receive(heartbeat: Parameters<Membership["receive"]>[0], nowMs: number): void {
    const effect = this.#membership.receive(heartbeat, nowMs);
    this.#options.counters.add("heartbeats_received", effect);
    if (effect === "changed") this.#decide(nowMs);
  }

  /** The interfaces changed: everything announced is announced anew where it is served now. */
  linksChanged(nowMs: number): void {
    this.#options.responders.setAnnounced(addressesOf(this.#claims));
    for (const { ip } of this.#claims.values()) this.#queue.start(ip, nowMs);
    this.#decide(nowMs);
  }

  /** Counts silence, sends heartbeats and due announcements, reports. */
  tick(nowMs: number): void {
    const died = this.#membership.tick(nowMs);
    if (died || this.#joins(nowMs) || nowMs - this.#reviewedMs >= REVIEW_MS) this.#decide(nowMs);
    else this.#sendHeartbeats(false);
    const sent = this.#queue.sendDue(nowMs);
    if (sent > 0) this.#options.counters.add("announcements_sent", "all", sent);
    this.#report(nowMs);
  }

  /** True once it is time to stand for election: all are heard, or the wait for them is over. */
  #joins(nowMs: number): boolean {
    if (this.#ready || this.#joinUntilMs === undefined) return false;
    if (!this.#membership.isComplete() && nowMs < this.#joinUntilMs) return false;
    this.#ready = true;
    this.#readySinceMs = nowMs;
    return true;
  }

  #decide(nowMs: number): void {
    this.#reviewedMs = nowMs;
    const { node, failBackAfterMs } = this.#options.settings;
    const members = [this.#self(), ...this.#membership.members()];
    this.#rememberTerms(members);
    const knownMembers = this.#membership.size + 1;
    const snapshot = { wanted: this.#wanted, members, knownMembers, terms: this.#terms, failBackAfterMs };
    this.#plan = planAnnouncements(snapshot, node, nowMs);
    const changed = this.#apply(nowMs);
    this.#sendHeartbeats(changed);
    this.#isReportDue = true;
    if (this.#leaving && this.#nobodyToWaitFor()) this.#options.post({ kind: "left" });
  }

  #self(): Member {
    return {
      node: this.#options.settings.node,
      ready: this.#ready,
      leaving: this.#leaving,
      liveSinceMs: this.#readySinceMs,
      subnets: this.#options.responders.subnets(),
      claims: this.#claims,
    };
  }

  /** Makes claims and responders match the plan; true if the claims changed. */
  #apply(nowMs: number): boolean {
    const claims = new Map<string, Claim>();
    for (const [key, { claim }] of this.#plan) if (claim !== undefined) claims.set(key, claim);
    const gained = [...claims].filter(([key, claim]) => this.#claims.get(key)?.term !== claim.term);
    const lost = [...this.#claims.keys()].filter((key) => !claims.has(key));
    if (gained.length === 0 && lost.length === 0) return false;
    this.#claims = claims;
    this.#claimsVersion = (this.#claimsVersion % 0xffff_ffff) + 1;
    this.#options.responders.setAnnounced(addressesOf(claims));
    for (const [key, { ip }] of gained) {
      this.#since.set(key, nowMs);
      this.#queue.start(ip, nowMs);
    }
    for (const key of lost) {
      this.#since.delete(key);
      this.#queue.stop(key);
    }
    const sent = this.#queue.sendDue(nowMs);
    this.#options.counters.add("announcements_sent", "all", sent);
    this.#log(gained, lost);
    return true;
  }

  #rememberTerms(members: readonly Member[]): void {
    for (const { claims } of members) {
      for (const [key, { term }] of claims) this.#terms.set(key, Math.max(term, this.#terms.get(key) ?? 0));
    }
    for (const key of this.#terms.keys()) if (!this.#wanted.has(key)) this.#terms.delete(key);
  }

  #sendHeartbeats(all: boolean): void {
    const { claims, subnets, ready, leaving } = this.#self();
    const own = { ready, leaving, subnets: subnets.slice(0, 16), claims, claimsVersion: this.#claimsVersion };
    const sessionOf = (node: string): bigint => this.#membership.sessionOf(node);
    this.#options.heartbeats.send(this.#peers, own, { sessionOf, all });
  }

  /** Leaving is done when each address we still hold has nobody else to go to. */
  #nobodyToWaitFor(): boolean {
    const { node } = this.#options.settings;
    return [...this.#claims.keys()].every((key) => {
      const owner = this.#plan.get(key)?.owner;
      return owner === undefined || owner === node;
    });
  }

  #log(gained: readonly (readonly [string, Claim])[], lost: readonly string[]): void {
    const data = { announced: gained.length, withdrawn: lost.length, members: this.#membership.members().length + 1 };
    const ips = { gained: gained.slice(0, 10).map(([key]) => key), lost: lost.slice(0, 10) };
    this.#options.post({ kind: "log", level: "info", msg: "announcements changed", data: { ...data, ...ips } });
  }

  #report(nowMs: number): void {
    if (nowMs - this.#reportedMs < REPORT_MS) return;
    this.#reportedMs = nowMs;
    this.#options.post({ kind: "counters", counters: this.#options.counters.read() });
    if (!this.#isReportDue) return;
    this.#isReportDue = false;
    const state = this.#state();
    const printed = JSON.stringify(state);
    if (printed === this.#reported) return;
    this.#reported = printed;
    this.#options.post({ kind: "state", state });
  }

  #state(): SpeakerState {
    return {
      ready: this.#ready,
      announcing: [...this.#claims].map(([ip, { term }]) => ({
        ip,
        term,
        sinceMs: this.#since.get(ip) ?? 0,
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
        subnets: subnets.map((subnet: Cidr) => printCidr(subnet)),
      })),
    };
  }
}

function addressesOf(claims: ReadonlyMap<string, Claim>): ReadonlyMap<string, Ip> {
  return new Map([...claims].map(([key, { ip }]) => [key, ip]));
}

function readWanted(wanted: Extract<ToWorker, { kind: "cluster" }>["wanted"]): ReadonlyMap<string, WantedAddress> {
  const addresses = wanted.map(({ ip: text, nodes }) => {
    const ip = parseIp(text);
    return ip === undefined ? undefined : { ip, nodes: nodes === undefined ? undefined : new Set(nodes) };
  });
  return new Map(addresses.filter((address) => address !== undefined).map((address) => [printIp(address.ip), address]));
}

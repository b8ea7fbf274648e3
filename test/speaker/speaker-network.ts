import { CounterSet } from "#speaker/counter-set.ts";
import { HeartbeatSender } from "#speaker/heartbeat-sender.ts";
import type { SpeakerCounters, SpeakerState } from "#speaker/messages.ts";
import { Layer2Announcer, type Layer2AnnouncerOptions } from "#speaker/layer2-announcer.ts";
import { LastAnswers } from "#speaker/last-answers.ts";
import { Speaker } from "#speaker/speaker.ts";
import type { ForbiddenReason } from "#src/model/forbidden-address.ts";
import type { DailyWindow } from "#src/model/daily-window.ts";
import type { ConflictPolicy } from "#src/model/conflict-policy.ts";
import type { MachineAddress } from "#src/model/member-record.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import { type Cidr, parseCidr } from "#src/ip/cidr.ts";
import type { KernelQuestion } from "#src/election/signs-of-death.ts";
import { decodeHeartbeat } from "#src/wire/heartbeat.ts";

export const TICK_MS = 20;
export const DEAD_AFTER_MS = 100;
const key = new TextEncoder().encode("a key for heartbeats");
const lan = parseCidr("192.0.2.0/24") ?? fail("a CIDR");

/** For what cannot be; without a test runner, because a bench runs this network as well. */
function fail(text: string): never {
  throw new Error(text);
}

export interface Station {
  readonly name: string;
  readonly speaker: Speaker;
  readonly layer2: Layer2Announcer;
  readonly answers: Set<string>;
  readonly announced: { ip: string; atMs: number }[];
  /** What it asked the wire for, of what it listens for, and how often it had announced anything by then. */
  readonly probed: { ip: string; announcements: number }[];
  /** Where it sent packets of unknown connections, and how often it had announced anything by then. */
  readonly followed: { ip: string; via: string; announcements: number }[];
  /** What its machine forbids of itself; say `networkChanged` after each change. */
  readonly network: {
    gateways: readonly Ip[];
    forbidden: ReadonlyMap<string, ForbiddenReason>;
    links: readonly Link[];
    addresses: readonly MachineAddress[];
  };
  isOn: boolean;
  /** What became of its process while its machine goes on: stopped by a signal, or gone. */
  process: "runs" | "hangs" | "gone";
  hasLeft: boolean;
  /** What it reported last. */
  state: SpeakerState | undefined;
  /** It asked for a call of `goOn`. */
  asksToGoOn: boolean;
  /** What it logged when announcements changed. */
  readonly changes: Readonly<Record<string, unknown>>[];
  /** How many states it reported. */
  states: number;
}

/** The address of a node: n1 has 192.0.2.101. */
export function hopOf(node: string): string {
  return `192.0.2.${100 + Number(node.slice(1))}`;
}

/** What befalls one datagram on its way: how often it arrives, and how many ticks late. */
interface Fate {
  readonly copies: number;
  readonly lateTicks: number;
}

export const AT_ONCE: Fate = { copies: 1, lateTicks: 0 };

/** Speakers on one network without sockets: signed bytes are delivered to whoever no cut keeps them from. */
export class SpeakerNetwork {
  nowMs = 0;
  /** Heartbeats sent so far. */
  sent = 0;
  /** Heartbeats passed on that arrived. */
  relayed = 0;
  /** Questions to kernels so far. */
  questions = 0;
  /** Whether members can ask each other's kernels. */
  asksKernels = true;
  /** Heartbeats that arrived, by node. */
  readonly received = new Map<string, number>();
  fate: () => Fate = () => AT_ONCE;
  readonly stations = new Map<string, Station>();
  readonly addresses: readonly string[];
  readonly nodes: readonly string[];
  failBackAfterMs: number | undefined;
  failBackWindow: DailyWindow | undefined;
  /** What the clocks of all machines say at `nowMs` 0. */
  wallAtStartMs = 0;
  keepConnectionsMs: number | undefined;
  /** Portions that each speaker has time for between two ticks, beside that of the tick. */
  portionsPerTick = Infinity;
  /** Networks of every station, but for those whose links are down. */
  subnets: readonly Cidr[] = [lan];
  readonly #unplugged = new Set<string>();
  #cuts = new Set<string>();
  #late: { atMs: number; from: string; to: string; bytes: Uint8Array }[] = [];
  /** What the pool of all addresses says. */
  conflict: ConflictPolicy | undefined;
  /** Addresses that a machine has which is not a member, and answers for. */
  readonly foreign = new Set<string>();
  /** Nodes whose speakers are of version 1, from their next boot on. */
  readonly old = new Set<string>();
  /** Nodes whose speakers are of version 2, from their next boot on. */
  readonly before = new Set<string>();
  readonly #isOld = new Map<string, boolean>();
  readonly #isBefore = new Map<string, boolean>();
  #sessions = 1n;
  readonly #counters = new Map<string, CounterSet>();

  constructor(size: number, addresses: readonly string[], { isBooted = true } = {}) {
    this.addresses = addresses;
    this.nodes = Array.from({ length: size }, (_, index) => `n${index + 1}`);
    if (isBooted) for (const node of this.nodes) this.boot(node);
  }

  boot(name: string): void {
    this.#isOld.set(name, this.old.has(name));
    this.#isBefore.set(name, this.before.has(name));
    const answers = new Set<string>();
    const network = { gateways: [], forbidden: new Map(), links: [], addresses: [] };
    const station: Station = {
      name,
      answers,
      announced: [],
      probed: [],
      followed: [],
      network,
      isOn: true,
      process: "runs",
      hasLeft: false,
      state: undefined,
      asksToGoOn: false,
      changes: [],
      states: 0,
      ...this.#speaker(name, answers, network),
    };
    this.stations.set(name, station);
    this.tell(name, this.addresses);
  }

  /** Hands a node its objects: the addresses it is to know of, and who may announce them. */
  tell(name: string, addresses: readonly string[], nodes?: readonly string[]): void {
    const members = this.nodes
      .filter((node) => node !== name)
      .map((node) => ({ node, address: node, family: "ipv4" as const, macs: [`mac of ${node}`], hops: [hopOf(node)] }));
    const gone = this.addresses.filter((ip) => !addresses.includes(ip));
    const serving = nodes === undefined ? {} : { serving: nodes };
    const conflict = this.conflict === undefined ? {} : { conflict: this.conflict };
    const wanted = addresses.map((ip) => ({ ip, ...serving, ...conflict }));
    this.station(name).speaker.handle(
      { kind: "cluster", wanted, gone, pools: undefined, members, nodes: [], isMember: true },
      this.nowMs,
    );
  }

  /** What the speaker of a node counted, since it was booted. */
  counters(name: string): SpeakerCounters {
    return (this.#counters.get(name) ?? new CounterSet()).read();
  }

  #countersOf(name: string): CounterSet {
    const counters = new CounterSet();
    this.#counters.set(name, counters);
    return counters;
  }

  #speaker(name: string, answers: Set<string>, network: Station["network"]): Pick<Station, "speaker" | "layer2"> {
    const session = 4n * this.#sessions++ + (this.old.has(name) ? 1n : this.before.has(name) ? 2n : 0n);
    const counters = this.#countersOf(name);
    const layer2 = this.#layer2(name, answers, { network, counters });
    const speaker = new Speaker({
      settings: {
        node: name,
        heartbeatPort: 7946,
        heartbeatEveryMs: TICK_MS,
        deadAfterMs: DEAD_AFTER_MS,
        failBackAfterMs: this.failBackAfterMs,
        failBackWindow: this.failBackWindow,
        keepConnectionsMs: this.keepConnectionsMs,
        answersPing: false,
        interfaces: [],
        heartbeatKeys: [key],
      },
      announcers: [layer2],
      counters,
      network,
      wallMs: () => this.wallAtStartMs + this.nowMs,
      keeper: {
        follow: (ip, via) => {
          const { announced, followed } = this.station(name);
          followed.push({ ip: printIp(ip), via: printIp(via), announcements: announced.length });
        },
        forget: () => undefined,
        end: () => undefined,
      },
      post: (message) => {
        const station = this.stations.get(name);
        if (station === undefined) return;
        if (message.kind === "left") station.hasLeft = true;
        if (message.kind === "log" && message.msg === "announcements changed") station.changes.push(message.data);
        if (message.kind !== "state") return;
        station.state = message.state;
        station.states++;
      },
      goOnSoon: () => {
        const station = this.stations.get(name);
        if (station !== undefined) station.asksToGoOn = true;
      },
      questions: { ask: ({ node }, question) => this.#ask(name, node, question) },
      heartbeats: new HeartbeatSender({
        node: name,
        session,
        key,
        send: ({ node }, bytes) => this.#send(name, node, bytes),
      }),
    });
    return { speaker, layer2 };
  }

  #layer2(
    name: string,
    answers: Set<string>,
    { network, counters }: Pick<Layer2AnnouncerOptions, "network" | "counters">,
  ): Layer2Announcer {
    const watched = new Set<string>();
    return new Layer2Announcer({
      counters,
      answers: new LastAnswers(),
      network,
      stopper: undefined,
      arpSysctls: () => ({ ignore: 0, announce: 0 }),
      chance: () => 0.5,
      responders: {
        subnets: () => (this.#unplugged.has(name) ? [] : this.subnets),
        links: () => [],
        sharedNetworks: () => [],
        setAnnounced: (wanted, keys = new Set([...wanted.keys(), ...answers])) => {
          for (const key of keys)
            if (wanted.has(key)) answers.add(key);
            else answers.delete(key);
        },
        setWatched: (wanted, keys = new Set([...wanted.keys(), ...watched])) => {
          for (const key of keys)
            if (wanted.has(key)) watched.add(key);
            else watched.delete(key);
        },
        probe: (ip: Ip) => {
          if (!watched.has(printIp(ip))) return;
          const { announced, probed } = this.station(name);
          probed.push({ ip: printIp(ip), announcements: announced.length });
          const claim = { ip, mac: "02:00:00:00:00:99" };
          if (!this.foreign.has(printIp(ip))) return;
          this.station(name).layer2.hearForeignClaim(ip.family === "ipv4" ? "arp" : "ndp", claim, this.nowMs);
        },
        setChecked: () => undefined,
        ask: (ip: Ip) => {
          for (const { name: node, isOn, answers: answered } of this.stations.values())
            if (node !== name && isOn && answered.has(printIp(ip)))
              this.station(name).layer2.hearOwner(ip, `mac of ${node}`, (mac) => mac.slice("mac of ".length));
        },
        settle: () => undefined,
        announce: (ip: Ip) => {
          this.stations.get(name)?.announced.push({ ip: printIp(ip), atMs: this.nowMs });
          // Frames reach every station, whatever becomes of heartbeats.
          for (const other of this.stations.values())
            if (other.name !== name && other.isOn)
              other.layer2.hearForeignClaim("arp", { ip, mac: `mac of ${name}` }, this.nowMs);
        },
      },
    });
  }

  #send(from: string, to: string, bytes: Uint8Array): void {
    this.sent++;
    if (this.stations.get(from)?.isOn === false || this.#cuts.has(`${from}>${to}`)) return;
    const { copies, lateTicks } = this.fate();
    for (let copy = 0; copy < copies; copy++) {
      if (lateTicks === 0) this.#deliver(from, to, bytes);
      else this.#late.push({ atMs: this.nowMs + lateTicks * TICK_MS, from, to, bytes });
    }
  }

  /** The kernels answer as long as machines run and frames pass both ways. */
  #ask(from: string, to: string, question: KernelQuestion): boolean {
    if (!this.asksKernels) return false;
    const [asker, asked] = [this.station(from), this.stations.get(to)];
    this.questions++;
    const isReached = [`${from}>${to}`, `${to}>${from}`].every((way) => !this.#cuts.has(way));
    if (asked?.isOn !== true || !isReached || this.fate().copies === 0) return true;
    if (question !== "port") asker.speaker.hearKernel(to, this.nowMs);
    if (question !== "check" && (asked.process === "gone" || asked.hasLeft)) asker.speaker.hearRefusal(to);
    return true;
  }

  #deliver(from: string, to: string, bytes: Uint8Array): void {
    const receiver = this.stations.get(to);
    if (receiver?.isOn !== true || receiver.process !== "runs" || receiver.hasLeft) return;
    const decoded = decodeHeartbeat(bytes, [key]);
    this.received.set(to, (this.received.get(to) ?? 0) + 1);
    // Version 1 refuses what is newer.
    if (this.#isOld.get(to) === true && decoded.ok && decoded.heartbeat.watch !== undefined) return;
    if (decoded.ok && decoded.relay !== undefined) this.relayed++;
    if (
      this.#isBefore.get(to) === true &&
      decoded.ok &&
      (decoded.relay ?? decoded.heartbeat.watch?.asked) !== undefined
    )
      throw new Error(`${from} sends ${to} what it cannot read`);
    const sender = { node: from, address: from, family: "ipv4", macs: [] } as const;
    if (decoded.ok) receiver.speaker.receive(decoded, sender, this.nowMs);
  }

  /** Parts the network: who stands in no side, or in another one, is not heard and does not hear. */
  part(...sides: readonly (readonly string[])[]): void {
    const sideOf = (node: string): number => sides.findIndex((side) => side.includes(node));
    for (const from of this.nodes) for (const to of this.nodes) if (sideOf(from) !== sideOf(to)) this.cut(from, to);
  }

  /** Cuts one direction only. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`);
  }

  heal(): void {
    this.#cuts.clear();
  }

  /** The links of a node that its addresses are served on go down; its heartbeats have another path. */
  unplug(name: string): void {
    this.#unplugged.add(name);
    this.station(name).speaker.linksChanged(this.nowMs);
  }

  /** Lets time pass, tick by tick; `check` is called after each. */
  run(durationMs: number, check: () => void = () => undefined): void {
    for (const end = this.nowMs + durationMs; this.nowMs < end;) {
      this.nowMs += TICK_MS;
      const due = this.#late.filter(({ atMs }) => atMs <= this.nowMs);
      this.#late = this.#late.filter(({ atMs }) => atMs > this.nowMs);
      for (const { from, to, bytes } of due) this.#deliver(from, to, bytes);
      for (const { isOn, hasLeft, process, speaker } of this.stations.values())
        if (isOn && !hasLeft && process === "runs") speaker.tick(this.nowMs);
      this.#goOn();
      check();
    }
  }

  /** Each that asks for it goes on, one after the other, until none does or no time is left. */
  #goOn(): void {
    const asking = (): readonly Station[] =>
      [...this.stations.values()].filter(
        ({ isOn, hasLeft, process, asksToGoOn }) => isOn && !hasLeft && process === "runs" && asksToGoOn,
      );
    let left = this.portionsPerTick;
    for (let stations = asking(); stations.length > 0 && left > 0; stations = asking(), left--)
      for (const station of stations) {
        station.asksToGoOn = false;
        station.speaker.goOn(this.nowMs);
      }
  }

  /** Who answers for an address, of those that are on. */
  answering(ip: string): string[] {
    return [...this.stations.values()]
      .filter(({ isOn, hasLeft, process, answers }) => isOn && !hasLeft && process === "runs" && answers.has(ip))
      .map(({ name }) => name);
  }

  owners(): string[] {
    return this.addresses.map((ip) => this.answering(ip).join("+"));
  }

  station(name: string): Station {
    return this.stations.get(name) ?? fail(`no station ${name}`);
  }
}

/** A network that has come to rest: everybody has heard everybody. */
export function atRest(size: number, ips: readonly string[]): SpeakerNetwork {
  const network = new SpeakerNetwork(size, ips);
  network.run(300);
  return network;
}

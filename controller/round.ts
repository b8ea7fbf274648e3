import { parseIp } from "#src/ip/address.ts";
import { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import { keyOf } from "#src/model/object.ts";
import { printProblem } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import { logProblem } from "#src/process/problem-log.ts";
import type { Source } from "#src/source/source.ts";
import { Announcements } from "./announcements.ts";
import { applyAssignments } from "./apply-assignments.ts";
import { LastGoodConfig } from "./last-good-config.ts";
import { Contests } from "./contests.ts";
import { findDeparted } from "./find-departed.ts";
import { eventOf } from "#src/status/event-record.ts";
import { refOf } from "./service-events.ts";
import type { ControllerMetrics } from "./metrics.ts";
import { HostReader } from "./host-reader.ts";
import { differingAddresses, SpeakersReader, type SpeakersView } from "./speakers-reader.ts";
import { SpeakerProblemEvents } from "./speaker-problem-events.ts";
import { TakeoverEvents } from "./takeover-events.ts";
import { Retries } from "./retries.ts";
import { ServiceReader } from "./service-reader.ts";
import { UnseenWrites } from "./unseen-writes.ts";

/** What one round of work needs of the world. */
export interface RoundContext {
  readonly source: Source;
  readonly configMap: ObjectRef;
  readonly loadBalancerClass: string | undefined;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  readonly monotonicMs: () => number;
  readonly wallMs: () => number;
  readonly random: () => number;
  /** Whether this replica leads and is not about to end: asked before each write. */
  readonly mayWrite: () => boolean;
}

/**
 * The controller's work, a round at a time. A leader reads what changed, decides, and writes what differs; a standby only
 * reads, so that it is up to date when it takes over.
 */
export class Round {
  readonly #context: RoundContext;
  readonly #config: LastGoodConfig;
  readonly #reader: ServiceReader;
  readonly #hosts: HostReader;
  readonly #reports = new SpeakersReader();
  readonly #announcements = new Announcements();
  readonly #contests = new Contests();
  readonly #retries: Retries;
  readonly #writes = new UnseenWrites();
  #takeovers = new TakeoverEvents();
  #speakerProblems = new SpeakerProblemEvents();
  #planner = new AssignmentPlanner();
  /** What the speakers reported at the last round. */
  #speakers: SpeakersView | undefined;
  /** Keys of the Services that changed since the current round read them. */
  #changed = new Set<string>();
  /** Keys of the Services that a decision may not be written on yet. */
  readonly #unwritten = new Set<string>();
  /** Keys of the Services that the current round wrote. */
  readonly #written = new Set<string>();
  #isDisturbed = false;
  /** Unreadable Services, and what their Event said. */
  readonly #saidUnreadable = new Map<string, string>();
  #thoughtMs = 0;

  constructor(context: RoundContext) {
    const { source, log, configMap, monotonicMs, random, loadBalancerClass } = context;
    this.#context = context;
    this.#config = new LastGoodConfig(configMap, { source, log });
    this.#reader = new ServiceReader((object, problems) => {
      if (isOfOthers(object, loadBalancerClass)) return;
      for (const problem of problems) logProblem(log, problem, { service: keyOf(object.metadata) });
    });
    this.#hosts = new HostReader(keyOf(configMap), { source, log });
    this.#retries = new Retries(monotonicMs, random);
  }

  /** How long the last round took to read and decide, without its writes. */
  get thoughtMs(): number {
    return this.#thoughtMs;
  }

  /** Notes that these objects changed: a plan made before is not applied to them. */
  markChanged(refs: readonly ObjectRef[]): void {
    for (const ref of refs) {
      const key = keyOf(ref);
      if (ref.kind === "Service") this.#changed.add(key);
      if (ref.kind === "Node") this.#hosts.mark(key);
      this.#isDisturbed ||= ref.kind !== "Service" || !this.#written.has(key);
    }
  }

  /** Begins again as leader: what was under way in an earlier term is in `list()`, or never happened. */
  takeOver(): void {
    for (const key of this.#writes.clear()) this.#changed.add(key);
    this.#retries.clear();
    this.#unwritten.clear();
    this.#saidUnreadable.clear();
    this.#planner = new AssignmentPlanner();
    this.#takeovers = new TakeoverEvents();
    this.#speakerProblems = new SpeakerProblemEvents();
    this.#speakers = undefined;
  }

  /** Reads and writes nothing, as a standby does. */
  watch(): void {
    this.#look();
    this.#config.read();
    this.#config.leaveToOthers();
  }

  /** Reads, decides and writes. Returns false if more is to be written in another round. */
  async run(): Promise<boolean> {
    const nowMs = this.#context.monotonicMs();
    const changed = this.#look();
    try {
      return await this.#apply(this.#decide(changed, nowMs));
    } catch (error) {
      // The source does not name these again, and what was updated in part is not trusted: the next round decides about all.
      for (const key of changed) this.#changed.add(key);
      this.#planner = new AssignmentPlanner();
      throw error;
    }
  }

  #decide(changed: ReadonlySet<string>, nowMs: number): SpeakersView {
    const { source, metrics, monotonicMs, loadBalancerClass } = this.#context;
    const { services, unreadable, resting, former } = this.#reader;
    this.#sayUnreadable();
    const pools = this.#config.read()?.pools;
    this.#config.say();
    this.#hosts.update(source.reports("member"));
    this.#hosts.say(pools);
    const { addresses: hostAddresses, ready } = this.#hosts;
    const snapshot = { pools, services, unreadable, hostAddresses, resting, former, nowMs, loadBalancerClass };
    const planner = this.#planner;
    const { decided, gone } = planner.plan(snapshot, changed);
    this.#forget(gone);
    const speakers = this.#reports.read(source.reports(), ready);
    this.#recordSpeakers(speakers, nowMs);
    for (const keys of [decided, this.#concerned(speakers), this.#due(nowMs)])
      for (const key of keys) this.#unwritten.add(key);
    this.#speakers = speakers;
    this.#contests.prune(nowMs);
    this.#thoughtMs = monotonicMs() - nowMs;
    metrics.planSeconds.observe(this.#thoughtMs / 1000);
    metrics.configStale.set(this.#config.isStale ? 1 : 0);
    metrics.show(() => ({
      assignments: planner.assignments,
      pools: planner.usage(),
      unreadable: unreadable.size,
      contested: speakers.contested.size,
    }));
    return speakers;
  }

  /** Milliseconds until there is something to do even if nothing changes, at least 0; undefined if there is nothing. */
  nextInMs(): number | undefined {
    const nowMs = this.#context.monotonicMs();
    const timed = [this.#contests, this.#announcements, this.#takeovers, this.#speakerProblems];
    const waits = [this.#retries.nextInMs(), ...timed.map((one) => one.nextInMs(nowMs))];
    const due = waits.filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Returns the keys of the Services that may differ since the last round. */
  #look(): ReadonlySet<string> {
    // In one turn: changes from here on belong to the next round.
    const changed = this.#changed;
    this.#changed = new Set();
    this.#written.clear();
    this.#isDisturbed = false;
    const look = { objectOf: this.#objectOf, writes: this.#writes, nowMs: this.#context.monotonicMs() };
    try {
      return this.#reader.update(changed, look);
    } catch (error) {
      for (const key of changed) this.#changed.add(key);
      throw error;
    }
  }

  readonly #objectOf = (key: string): KubeObject | undefined => this.#context.source.get("Service", key);

  /** The Services whose condition may change because of what the speakers report now. */
  #concerned(speakers: SpeakersView): readonly string[] {
    const before = this.#speakers;
    if (before === undefined || before === speakers) return [];
    const ips = differingAddresses(before, speakers).flatMap((text) => parseIp(text) ?? []);
    const isSame =
      before.count === speakers.count && before.ready === speakers.ready && before.isComplete === speakers.isComplete;
    return [...ips.flatMap((ip) => this.#planner.claimantsOf(ip)), ...(isSame ? [] : this.#announcements.lacking)];
  }

  /** Takeovers and Problems in the speakers' reports become Events. */
  #recordSpeakers(speakers: SpeakersView, nowMs: number): void {
    const { source, wallMs } = this.#context;
    const [takeovers, problems] = [this.#takeovers, this.#speakerProblems];
    const isOther = speakers !== this.#speakers;
    if (isOther || takeovers.nextInMs(nowMs) === 0)
      for (const event of takeovers.due(this.#reports.all(source.reports()), { wallMs: wallMs(), nowMs }))
        source.record(event);
    if (isOther || problems.nextInMs(nowMs) === 0)
      for (const event of problems.due(speakers.problems, nowMs)) source.record(event);
  }

  /** The Services that are due although they did not change. */
  #due(nowMs: number): readonly string[] {
    return [...this.#retries.due(), ...this.#contests.due(nowMs), ...this.#announcements.due(nowMs)];
  }

  async #apply(speakers: SpeakersView): Promise<boolean> {
    const nowMs = this.#context.monotonicMs();
    const { held } = this.#reader;
    return applyAssignments({
      ...this.#context,
      assignments: this.#planner.assignments,
      unwritten: this.#unwritten,
      objectOf: this.#objectOf,
      retries: this.#retries,
      writes: this.#writes,
      contests: this.#contests,
      held,
      isOutdated: (key) => this.#changed.has(key),
      isDisturbed: () => this.#isDisturbed,
      onPatch: (key) => this.#written.add(key),
      onRemember: (key) => this.#changed.add(key),
      announced: (key, object, assignment) => this.#announcements.judge({ key, object, assignment }, speakers, nowMs),
    });
  }

  /** Forgets Services that are gone or cannot be read, and says which addresses went with them. */
  #forget(gone: ReadonlyMap<string, Assignment>): void {
    const { source, log } = this.#context;
    for (const key of gone.keys()) {
      this.#retries.settled(key);
      this.#contests.forget(key);
      this.#announcements.forget(key);
      this.#unwritten.delete(key);
    }
    const reason = "AddressReleased";
    for (const { about, addresses } of findDeparted(gone, this.#objectOf)) {
      log.info({ service: keyOf(about), ip: addresses, reason }, "address released");
      const message = `${addresses.join(" and ")}: the Service was deleted.`;
      source.record(eventOf(about, { reason, message }));
    }
  }

  #sayUnreadable(): void {
    const { source, loadBalancerClass } = this.#context;
    const { unreadable } = this.#reader;
    for (const key of this.#saidUnreadable.keys()) if (!unreadable.has(key)) this.#saidUnreadable.delete(key);
    for (const key of unreadable.keys()) {
      const [object, [first]] = [this.#objectOf(key), this.#reader.problemsOf(key)];
      if (object === undefined || first === undefined || isOfOthers(object, loadBalancerClass)) continue;
      const message = `${printProblem(first)} It keeps what it has.`;
      if (this.#saidUnreadable.get(key) === message) continue;
      this.#saidUnreadable.set(key, message);
      source.record(eventOf(refOf(object), { reason: "BadRequest", message }));
    }
  }
}

/** Whether a Service, readable or not, says that another provider serves it. */
function isOfOthers({ spec }: KubeObject, loadBalancerClass: string | undefined): boolean {
  const { type, loadBalancerClass: wanted } = (spec ?? {}) as Readonly<Record<string, unknown>>;
  return type === "LoadBalancer" && wanted !== loadBalancerClass;
}

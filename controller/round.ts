import { type Ip, parseIp } from "#src/ip/address.ts";
import { AssignmentPlanner } from "#src/assignment/planner.ts";
import { REST_MS } from "#src/assignment/pool-space.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import { keyOf } from "#src/model/object.ts";
import type { Pool } from "#src/model/pool.ts";
import { printProblem } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import { logProblem, ProblemLog } from "#src/process/problem-log.ts";
import type { Source } from "#src/source/source.ts";
import { applyAssignments } from "./apply-assignments.ts";
import { LastGoodConfig } from "./last-good-config.ts";
import { findDeparted } from "./find-departed.ts";
import { eventOf } from "#src/status/event-record.ts";
import { PoolLevels } from "./pool-levels.ts";
import { roomBefore } from "./room-before.ts";
import { PoolStatuses } from "./pool-statuses.ts";
import { refOf } from "./service-events.ts";
import type { ControllerMetrics } from "./metrics.ts";
import { HistoryNotes } from "./history-notes.ts";
import { HostReader } from "./host-reader.ts";
import { NamespaceReader } from "./namespace-reader.ts";
import { differingAddresses, SpeakersReader, type SpeakersView } from "./speakers-reader.ts";
import { SpeakerProblemEvents } from "./speaker-problem-events.ts";
import { TakeoverEvents } from "./takeover-events.ts";
import { isWaiting } from "./retry.ts";
import { logWrite } from "./log-write.ts";
import { patchService } from "./patch-service.ts";
import { type PlannedWrite, planWrite } from "./plan-write.ts";
import { refusedOn, refusedProblem } from "./refused-annotations.ts";
import { NEW_RECORD, UNWRITTEN } from "./service-record.ts";
import { ServiceReader } from "./service-reader.ts";
import { ServiceRecords } from "./service-records.ts";
import { writeOutcome } from "./write-outcome.ts";
import { isOfServiceClass, type ServiceClass, serviceClassOf } from "#src/model/service-class.ts";

/** What one round of work needs of the world. */
export interface RoundContext extends ServiceClass {
  readonly source: Source;
  readonly configMap: ObjectRef;
  /** Of MetalLB's custom resources. */
  readonly metallbNamespace: string;
  /** A pool is nearly full when so many percent of its addresses are in use. */
  readonly poolWarningPercent: number;
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
  readonly #records = new ServiceRecords();
  readonly #reader: ServiceReader;
  readonly #hosts: HostReader;
  readonly #namespaces: NamespaceReader;
  /** What is on the Services and in the history was read in this term: from then on this replica knows what it wrote. */
  #isInTerm = false;
  /** How long a freed address rests at most, in the pools of the last round; as long as none are known, for ever. */
  #restMs = Infinity;
  readonly #reports = new SpeakersReader();
  #takeovers = new TakeoverEvents();
  #speakerProblems = new SpeakerProblemEvents();
  readonly #history: HistoryNotes;
  #planner = new AssignmentPlanner();
  #levels: PoolLevels;
  readonly #levelProblems: ProblemLog;
  readonly #poolStatuses: PoolStatuses;
  #pools: readonly Pool[] | undefined;
  /** What the speakers reported at the last round. */
  #speakers: SpeakersView | undefined;
  /** The number of the current round, from 1 on. */
  #number = 0;
  /** Keys of the Services that changed since the current round read them. */
  #changed = new Set<string>();
  /** Keys of the Services whose decision may not be written yet: one leaves once all of it is. */
  readonly #unwritten = new Set<string>();
  #isDisturbed = false;
  #thoughtMs = 0;

  constructor(context: RoundContext) {
    const { source, log, configMap, metallbNamespace } = context;
    this.#context = context;
    this.#config = new LastGoodConfig({ ref: configMap, metallbNamespace }, { source, log });
    this.#reader = new ServiceReader(this.#records, (object, problems) => {
      if (isOfOthers(object, context)) return;
      for (const problem of problems) logProblem(log, problem, { service: keyOf(object.metadata) });
    });
    this.#levels = new PoolLevels(configMap, context.poolWarningPercent);
    this.#poolStatuses = new PoolStatuses({ source, log, mayWrite: context.mayWrite });
    this.#levelProblems = new ProblemLog(log);
    this.#hosts = new HostReader(keyOf(configMap), { source, log });
    this.#namespaces = new NamespaceReader(() => source.list("Namespace"));
    this.#history = new HistoryNotes(context, {
      assignments: () => this.#planner.assignments,
      objectOf: this.#objectOf,
      records: this.#records,
      isKept: (address) => this.#planner.isKept(parseIp(address)),
    });
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
      if (ref.kind === "Namespace") this.#namespaces.mark();
      this.#isDisturbed ||= ref.kind !== "Service" || this.#records.get(key)?.writtenIn !== this.#number;
    }
  }

  /** Begins again as leader: what was under way in an earlier term is in `list()`, or never happened. */
  takeOver(): void {
    for (const key of this.#records.beginTerm()) this.#changed.add(key);
    this.#isInTerm = false;
    this.#unwritten.clear();
    this.#planner = new AssignmentPlanner();
    this.#poolStatuses.mark();
    this.#takeovers = new TakeoverEvents();
    this.#speakerProblems = new SpeakerProblemEvents();
    this.#levels = new PoolLevels(this.#context.configMap, this.#context.poolWarningPercent);
    this.#history.beginTerm();
    this.#speakers = undefined;
  }

  /** Reads and writes nothing, as a standby does. */
  watch(): void {
    this.#isInTerm = false;
    this.#look();
    this.#config.read();
    this.#config.leaveToOthers();
  }

  /** Reads, decides and writes. Returns false if more is to be written in another round. */
  async run(): Promise<boolean> {
    const nowMs = this.#context.monotonicMs();
    const changed = this.#look();
    try {
      const speakers = this.#decide(changed, nowMs);
      const givenUp = this.#planner.givenUp();
      this.#reader.giveUp(givenUp);
      const isDone = (await this.#apply(speakers)) && givenUp.length === 0;
      await this.#poolStatuses.write(this.#pools ?? [], () => this.#planner.usage(), nowMs);
      return isDone;
    } catch (error) {
      // The source does not name these again, and what was updated in part is not trusted: the next round decides about all.
      for (const key of changed) this.#changed.add(key);
      this.#planner = new AssignmentPlanner();
      throw error;
    }
  }

  /** Writes what may be written later, before the end. Never rejects. */
  async flush(): Promise<void> {
    await this.#history.flush();
  }

  #decide(changed: ReadonlySet<string>, nowMs: number): SpeakersView {
    const { source, metrics, monotonicMs, wallMs } = this.#context;
    const { services, unreadable } = this.#records;
    this.#sayUnreadable();
    const { pools, unserved } = this.#config.read() ?? {};
    this.#config.say();
    this.#hosts.update(source.reports("member"));
    this.#hosts.say(pools);
    const { addresses: hostAddresses, networkAddresses, ready } = this.#hosts;
    this.#restMs = pools === undefined ? Infinity : Math.max(REST_MS, ...pools.map(({ restMs = 0 }) => restMs));
    if (!this.#isInTerm) this.#reader.restore(this.#history.kept(), { nowMs, wallMs: wallMs(), restMs: this.#restMs });
    this.#isInTerm = true;
    const { resting, former } = this.#reader;
    const snapshot = {
      pools,
      unserved,
      services,
      unreadable,
      hostAddresses,
      networkAddresses,
      namespaces: this.#namespaces.read(),
      resting,
      former,
      nowMs,
      ...serviceClassOf(this.#context),
    };
    const planner = this.#planner;
    const { decided, gone } = planner.plan(snapshot, changed);
    this.#forget(gone);
    if (decided.length > 0 || gone.size > 0 || pools !== this.#pools) this.#poolStatuses.mark();
    this.#pools = pools;
    if (decided.length > 0 || gone.size > 0 || this.#levels.nextInMs(nowMs) === 0) this.#sayLevels(decided, nowMs);
    const speakers = this.#reports.read(source.reports(), ready);
    this.#history.keep(speakers === this.#speakers ? undefined : this.#reports.all(source.reports()), nowMs);
    this.#recordSpeakers(speakers, nowMs);
    for (const keys of [decided, this.#concerned(speakers, nowMs), this.#records.due(nowMs)])
      for (const key of keys) this.#unwritten.add(key);
    this.#speakers = speakers;
    this.#thoughtMs = monotonicMs() - nowMs;
    metrics.planSeconds.observe(this.#thoughtMs / 1000);
    metrics.configStale.set(this.#config.isStale ? 1 : 0);
    metrics.show(() => ({
      assignments: planner.assignments,
      pools: () => planner.usage(),
      unreadable: unreadable.size,
      contested: speakers.contested.size,
    }));
    return speakers;
  }

  /** Milliseconds until there is something to do even if nothing changes, at least 0; undefined if there is nothing. */
  nextInMs(): number | undefined {
    const nowMs = this.#context.monotonicMs();
    const timed = [
      this.#records,
      this.#levels,
      this.#poolStatuses,
      this.#takeovers,
      this.#speakerProblems,
      this.#history,
    ];
    const due = timed.map((one) => one?.nextInMs(nowMs)).filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Returns the keys of the Services that may differ since the last round. */
  #look(): ReadonlySet<string> {
    // In one turn: changes from here on belong to the next round.
    const changed = this.#changed;
    this.#changed = new Set();
    this.#number += 1;
    this.#isDisturbed = false;
    try {
      const nowMs = this.#context.monotonicMs();
      const look = { objectOf: this.#objectOf, nowMs, restMs: this.#restMs, isByOthers: !this.#isInTerm };
      return this.#reader.update(changed, look);
    } catch (error) {
      for (const key of changed) this.#changed.add(key);
      throw error;
    }
  }

  readonly #objectOf = (key: string): KubeObject | undefined => this.#context.source.get("Service", key);

  /** The Services whose condition may change because of what the speakers report now. */
  #concerned(speakers: SpeakersView, nowMs: number): readonly string[] {
    const before = this.#speakers;
    if (before === undefined || before === speakers) return [];
    const ips = differingAddresses(before, speakers).flatMap((text) => parseIp(text) ?? []);
    const isSame =
      before.count === speakers.count && before.ready === speakers.ready && before.isComplete === speakers.isComplete;
    return [...ips.flatMap((ip) => this.#planner.claimantsOf(ip)), ...(isSame ? [] : this.#records.lacking(nowMs))];
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

  /** Pools that are full, nearly full, or neither any longer become Events and Problems. */
  #sayLevels(decided: readonly string[], nowMs: number): void {
    const { source, configMap } = this.#context;
    // How full the pools were before this term is in the statuses: that was said.
    if (this.#speakers === undefined)
      this.#levels.update(roomBefore(this.#planner, this.#records.services, decided), nowMs);
    const { events, problems } = this.#levels.update(this.#planner.room(), nowMs);
    for (const event of events) source.record(event);
    this.#levelProblems.report(keyOf(configMap), problems);
  }

  #apply(speakers: SpeakersView): Promise<boolean> {
    const { mayWrite } = this.#context;
    const isDisturbed = (): boolean => this.#isDisturbed;
    return applyAssignments(this.#planWrites(speakers), { mayWrite, isDisturbed }, (write) => this.#write(write));
  }

  #planWrites(speakers: SpeakersView): readonly PlannedWrite[] {
    const { monotonicMs, wallMs } = this.#context;
    const hasQuota = (ip: Ip): boolean => this.#planner.hasQuota(ip);
    const surroundings = { speakers, nowMs: monotonicMs(), wallMs: wallMs(), hasQuota };
    const planned: PlannedWrite[] = [];
    for (const key of this.#unwritten) {
      const [object, assignment] = [this.#objectOf(key), this.#planner.assignments.get(key)];
      const record = this.#records.get(key);
      const isThere = object !== undefined && assignment !== undefined && record !== undefined;
      if (!isThere || isWaiting(record.retry, object, surroundings.nowMs)) {
        // It comes back when it changes, or when its time has come.
        this.#unwritten.delete(key);
        continue;
      }
      const { changes, write } = planWrite({ key, object, assignment, record }, surroundings);
      this.#records.change(key, changes);
      // The next round has to read it again.
      if ("marks" in changes) this.#changed.add(key);
      if (write === undefined) this.#unwritten.delete(key);
      else planned.push(write);
    }
    return planned;
  }

  /** Writes, and does what follows from it. Never rejects: what cannot be written now waits for its next attempt. */
  async #write(planned: PlannedWrite): Promise<void> {
    const { source, log, metrics, monotonicMs, random } = this.#context;
    const { key, object } = planned;
    // It changed since the plan was made: the next plan decides.
    if (this.#changed.has(key)) return;
    this.#records.change(key, { writtenIn: this.#number });
    this.#unwritten.delete(key);
    const { write, result, refused } = await patchService(source, planned);
    const record = this.#records.get(key) ?? NEW_RECORD;
    const outcome = writeOutcome(write, result, { record, nowMs: monotonicMs(), chance: random() });
    this.#records.change(key, outcome.changes);
    // The next round has to read it again.
    if (outcome.changes.unseen !== undefined) this.#changed.add(key);
    for (const event of outcome.events) source.record(event);
    if (outcome.isMoved) metrics.assignments.inc();
    if (result === "written" && !write.isContested) this.#history.noteWrite(write);
    logWrite(log, write, result, outcome);
    if (refused !== undefined) this.#sayRefused(object, refused);
  }

  /** Forgets Services that are gone or cannot be read, and says which addresses went with them. */
  #forget(gone: ReadonlyMap<string, Assignment>): void {
    const { source, log } = this.#context;
    for (const key of gone.keys()) {
      this.#records.change(key, UNWRITTEN);
      this.#unwritten.delete(key);
    }
    const reason = "AddressReleased";
    for (const { about, addresses } of findDeparted(gone, this.#objectOf)) {
      log.info({ service: keyOf(about), ip: addresses, reason }, "address released");
      this.#history.noteDeparted(keyOf(about));
      const message = `${addresses.join(" and ")}: the Service was deleted.`;
      source.record(eventOf(about, { reason, message }));
    }
  }

  /** The API server refused our annotations on a Service: said once for each set of others that it has. */
  #sayRefused(object: KubeObject, error: Error): void {
    const { source, log } = this.#context;
    const service = keyOf(object.metadata);
    const problem = refusedProblem(object, error);
    this.#records.change(service, { refused: refusedOn(object) });
    logProblem(log, problem, { service });
    source.record(eventOf(refOf(object), { reason: "AnnotationsRefused", message: printProblem(problem) }));
  }

  #sayUnreadable(): void {
    const { source } = this.#context;
    for (const key of this.#records.unreadable.keys()) {
      const object = this.#objectOf(key);
      const { problems, saidUnreadable } = this.#records.get(key) ?? NEW_RECORD;
      const [first] = problems;
      if (object === undefined || first === undefined || isOfOthers(object, this.#context)) continue;
      const message = `${printProblem(first)} It keeps what it has.`;
      if (message === saidUnreadable) continue;
      this.#records.change(key, { saidUnreadable: message });
      source.record(eventOf(refOf(object), { reason: "BadRequest", message }));
    }
  }
}

/** Whether a Service, readable or not, says that another provider serves it. */
function isOfOthers({ spec }: KubeObject, ours: ServiceClass): boolean {
  const { type, loadBalancerClass } = (spec ?? {}) as Readonly<Record<string, unknown>>;
  return type === "LoadBalancer" && !isOfServiceClass(loadBalancerClass, ours);
}

import { planAssignments } from "#src/assignment/plan.ts";
import type { AssignmentPlan } from "#src/assignment/snapshot.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import { keyOf } from "#src/model/object.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import type { Source } from "#src/source/source.ts";
import { Announcements } from "./announcements.ts";
import { applyAssignments } from "./apply.ts";
import { LastGoodConfig } from "./config.ts";
import { Contests } from "./contests.ts";
import { findDeparted } from "./departed.ts";
import { eventOf, refOf } from "./events.ts";
import type { ControllerMetrics } from "./metrics.ts";
import { NodeReader } from "./nodes.ts";
import { ReportReader } from "./reports.ts";
import { RestingAddresses } from "./resting.ts";
import { Retries } from "./retries.ts";
import { ServiceReader, type ServicesRead } from "./snapshot.ts";
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
 * The controller's work, a round at a time. A leader looks at everything, decides, and writes what differs; a standby
 * looks only, so that it knows what to know when it takes over.
 */
export class Round {
  readonly #context: RoundContext;
  readonly #config: LastGoodConfig;
  readonly #reader: ServiceReader;
  readonly #nodes: NodeReader;
  readonly #reports = new ReportReader();
  readonly #resting = new RestingAddresses();
  readonly #announcements = new Announcements();
  readonly #contests = new Contests();
  readonly #retries: Retries;
  #writes = new UnseenWrites();
  /** Keys of the Services that changed since the round under way looked at them. */
  readonly #changed = new Set<string>();
  /** Keys of the Services that the round under way wrote. */
  readonly #written = new Set<string>();
  #isDisturbed = false;
  /** Unreadable Services, and what their Event said. */
  readonly #saidUnreadable = new Map<string, string>();
  #last: AssignmentPlan["assignments"] = new Map();
  #thoughtMs = 0;

  constructor(context: RoundContext) {
    const { source, log, configMap, monotonicMs, random, loadBalancerClass } = context;
    this.#context = context;
    this.#config = new LastGoodConfig(configMap, { source, log });
    this.#reader = new ServiceReader((object, problems) => {
      if (!isOfOthers(object, loadBalancerClass)) logProblems(log, object, problems);
    });
    this.#nodes = new NodeReader(keyOf(configMap), log);
    this.#retries = new Retries(monotonicMs, random);
  }

  /** How long the last round looked and decided, without its writes. */
  get thoughtMs(): number {
    return this.#thoughtMs;
  }

  /** Says that these objects are not what they were: a plan made before decides nothing for them any more. */
  markChanged(refs: readonly ObjectRef[]): void {
    for (const ref of refs) {
      const key = keyOf(ref);
      if (ref.kind === "Service") this.#changed.add(key);
      this.#isDisturbed ||= ref.kind !== "Service" || !this.#written.has(key);
    }
  }

  /** Begins anew as leader: what was under way in an earlier term is in `list()`, or never happened. */
  takeOver(): void {
    this.#writes = new UnseenWrites();
    this.#retries.prune(new Map());
    this.#last = new Map();
  }

  /** Looks at everything and writes nothing. */
  watch(): void {
    this.#look();
    this.#config.read();
    this.#config.leaveToOthers();
  }

  /** Looks, decides, writes. False: more is to be written, after another look. */
  async run(): Promise<boolean> {
    const { source, metrics, monotonicMs, loadBalancerClass } = this.#context;
    const nowMs = monotonicMs();
    const { objects, services, unreadable, resting } = this.#look();
    this.#sayDeparted(objects);
    this.#sayUnreadable(objects, unreadable);
    const pools = this.#config.read();
    this.#config.say();
    const nodeAddresses = this.#nodes.read(source.list("Node"), pools ?? []);
    const plan = planAssignments({
      pools,
      services,
      unreadable,
      nodeAddresses,
      resting,
      nowMs,
      loadBalancerClass,
    });
    this.#last = plan.assignments;
    this.#forgetAllBut(plan, nowMs);
    this.#thoughtMs = monotonicMs() - nowMs;
    metrics.planSeconds.observe(this.#thoughtMs / 1000);
    metrics.configStale.set(this.#config.isStale ? 1 : 0);
    metrics.show(plan, unreadable.size);
    return this.#apply(plan, objects, services);
  }

  /** Milliseconds until there is something to do although nothing changes, at least 0; undefined if there is not. */
  nextInMs(): number | undefined {
    const nowMs = this.#context.monotonicMs();
    const waits = [this.#retries.nextInMs(), this.#contests.nextInMs(nowMs), this.#announcements.nextInMs(nowMs)];
    const due = waits.filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  #look(): ServicesRead & {
    readonly objects: ReadonlyMap<string, KubeObject>;
    readonly resting: ReadonlyMap<string, number>;
  } {
    // In one turn: what changes from here on is another look's.
    this.#changed.clear();
    this.#written.clear();
    this.#isDisturbed = false;
    const objects = this.#context.source.list("Service");
    this.#writes.prune(objects);
    const read = this.#reader.read(objects, this.#writes);
    return { ...read, objects, resting: this.#resting.observe(read.inUse, this.#context.monotonicMs()) };
  }

  async #apply(
    plan: AssignmentPlan,
    objects: ReadonlyMap<string, KubeObject>,
    services: ServicesRead["services"],
  ): Promise<boolean> {
    const { source, monotonicMs } = this.#context;
    const say = this.#reports.read(source.reports());
    const nowMs = monotonicMs();
    return applyAssignments(plan, objects, {
      ...this.#context,
      retries: this.#retries,
      writes: this.#writes,
      contests: this.#contests,
      held: this.#reader.held,
      isOutdated: (key) => this.#changed.has(key),
      isDisturbed: () => this.#isDisturbed,
      onPatch: (key) => this.#written.add(key),
      announced: (key, object, assignment) =>
        this.#announcements.judge({ key, object, assignment, service: services.get(key) }, say, nowMs),
    });
  }

  #forgetAllBut({ assignments }: AssignmentPlan, nowMs: number): void {
    this.#retries.prune(assignments);
    this.#contests.prune(assignments, nowMs);
    this.#announcements.prune(assignments);
  }

  #sayDeparted(objects: ReadonlyMap<string, KubeObject>): void {
    const { source, log } = this.#context;
    const reason = "AddressReleased";
    for (const { about, addresses } of findDeparted(this.#last, objects)) {
      log.info({ service: keyOf(about), ip: addresses, reason }, "address released");
      const message = `${addresses.join(" and ")}: the Service was deleted.`;
      source.record(eventOf(about, { reason, message }));
    }
  }

  #sayUnreadable(objects: ReadonlyMap<string, KubeObject>, unreadable: ReadonlyMap<string, unknown>): void {
    const { source, loadBalancerClass } = this.#context;
    for (const key of this.#saidUnreadable.keys()) if (!unreadable.has(key)) this.#saidUnreadable.delete(key);
    for (const key of unreadable.keys()) {
      const object = objects.get(key);
      const [first] = object === undefined ? [] : this.#reader.problemsOf(object);
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

function logProblems(log: Logger, { metadata }: KubeObject, problems: readonly Problem[]): void {
  const service = keyOf(metadata);
  for (const problem of problems) log.warn({ service, ...problem }, "problem in a Service");
}

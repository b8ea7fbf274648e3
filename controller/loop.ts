import { planAssignments } from "#src/assignment/plan.ts";
import type { AssignmentPlan } from "#src/assignment/snapshot.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import { keyOf } from "#src/model/object.ts";
import { printProblem } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import { createWorkLoop } from "#src/process/loop.ts";
import type { Source, SourceListener } from "#src/source/source.ts";
import { applyAssignments } from "./apply.ts";
import { LastGoodConfig } from "./config.ts";
import { findDeparted } from "./departed.ts";
import { eventOf } from "./events.ts";
import type { ControllerMetrics } from "./metrics.ts";
import { NodeReader } from "./nodes.ts";
import { RestingAddresses } from "./resting.ts";
import { Retries } from "./retries.ts";
import { ServiceReader, type ServiceProblems } from "./snapshot.ts";
import { UnseenWrites } from "./unseen-writes.ts";

/** Changes that come within this time of each other are one piece of work. */
const COALESCE_MS = 20;

/** What the controller is given: its world, and time and chance. */
export interface ControllerContext {
  readonly source: Source;
  readonly configMap: ObjectRef;
  readonly loadBalancerClass: string | undefined;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Waits; ends early when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Called after each plan that was applied as far as it can be; from the first one on the program is ready. */
  readonly onApplied: () => void;
}

/** The controller at work. */
export interface Controller {
  /** Resolves when all that is to do now is done; what failed waits for its next attempt. */
  idle(): Promise<void>;
  /** Ends the work; resolves when the writes under way have ended. */
  close(): Promise<void>;
}

/**
 * Keeps every Service's status as the plan says: whatever changes marks work; the work is to look at everything,
 * decide, and write what differs. Resolves when the source is synced; rejects if it cannot be opened.
 */
export async function startController(context: ControllerContext): Promise<Controller> {
  const { source, log, delay } = context;
  const closing = new AbortController();
  const pause = (ms: number, signal: AbortSignal) =>
    delay(ms, AbortSignal.any([signal, closing.signal])).catch(() => {});
  const round = createRound(context);
  let nap = new AbortController();
  const retryLater = async () => {
    nap.abort();
    nap = new AbortController();
    const { signal } = nap;
    const inMs = round.retries.nextInMs();
    if (inMs !== undefined) await pause(inMs, signal);
    if (inMs !== undefined && !signal.aborted) loop.mark();
  };
  const loop = createWorkLoop({
    log,
    delay,
    chance: context.random,
    run: async () => {
      await pause(COALESCE_MS, closing.signal);
      await round.run();
      context.onApplied();
      void retryLater();
    },
  });
  await source.open(
    ["Service", "ConfigMap", "Node"],
    listenerOf(log, () => loop.mark()),
  );
  loop.mark();
  return {
    idle: () => loop.idle(),
    close: async () => {
      closing.abort();
      nap.abort();
      await loop.close();
    },
  };
}

function listenerOf(log: Logger, mark: () => void): SourceListener {
  return {
    onChange: mark,
    onProblems: (where, problems) => {
      for (const problem of problems) log.warn({ ...problem, where }, "problem in the source");
      if (problems.length === 0) log.info({ where }, "source is well again");
    },
  };
}

function createRound(context: ControllerContext) {
  const { source, configMap, log, metrics, monotonicMs, random } = context;
  const config = new LastGoodConfig(configMap, { source, log });
  const reader = new ServiceReader(sayProblems(source, log));
  const nodes = new NodeReader(keyOf(configMap), log);
  const resting = new RestingAddresses();
  const retries = new Retries(monotonicMs, random);
  const writes = new UnseenWrites();
  let last: AssignmentPlan["assignments"] = new Map();
  const run = async () => {
    const objects = source.list("Service");
    sayDeparted(last, objects, context);
    writes.prune(objects);
    const nowMs = monotonicMs();
    const { services, unreadable, inUse } = reader.read(objects, writes);
    const { loadBalancerClass } = context;
    const rest = resting.observe(inUse, nowMs);
    const pools = config.read();
    const plan = planAssignments({
      pools,
      services,
      unreadable,
      nodeAddresses: nodes.read(source.list("Node"), pools ?? []),
      resting: rest,
      nowMs,
      loadBalancerClass,
    });
    last = plan.assignments;
    retries.prune(plan.assignments);
    metrics.planSeconds.observe((monotonicMs() - nowMs) / 1000);
    metrics.configStale.set(config.isStale ? 1 : 0);
    metrics.show(plan, unreadable.size);
    await applyAssignments(plan, objects, { ...context, retries, writes });
  };
  return { run, retries };
}

function sayDeparted(
  last: AssignmentPlan["assignments"],
  objects: ReadonlyMap<string, KubeObject>,
  { source, log }: ControllerContext,
): void {
  const reason = "AddressReleased";
  for (const { about, addresses } of findDeparted(last, objects)) {
    log.info({ service: keyOf(about), ip: addresses, reason }, "address released");
    const message = `${addresses.join(" and ")}: the Service was deleted.`;
    source.record(eventOf(about, { reason, message }));
  }
}

function sayProblems(source: Source, log: Logger): ServiceProblems {
  return (about, { isReadable, problems }) => {
    const service = keyOf(about);
    for (const problem of problems) log.warn({ service, ...problem }, "problem in a Service");
    const [first] = problems;
    if (isReadable || first === undefined) return;
    const message = `${printProblem(first)} It keeps what it has.`;
    source.record(eventOf(about, { reason: "BadRequest", message }));
  };
}

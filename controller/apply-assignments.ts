import { type Ip, printIp } from "#src/ip/address.ts";
import { pendingProblem } from "#src/assignment/pending-problem.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject } from "#src/model/object.ts";
import { addressConditionOf } from "#src/model/service-status.ts";
import type { Logger } from "#src/process/log.ts";
import { logProblem } from "#src/process/problem-log.ts";
import type { Source, StatusPatch } from "#src/source/source.ts";
import type { EventRecord } from "#src/status/event-record.ts";
import { type Contests, contestedEvent, contestedPatch } from "./contests.ts";
import { eventOf } from "#src/status/event-record.ts";
import { announcementEvents, eventsOf, refOf } from "./service-events.ts";
import type { HeldAddresses } from "./held-addresses.ts";
import type { ControllerMetrics } from "./metrics.ts";
import type { Retries } from "./retries.ts";
import type { ConditionValue } from "#src/status/condition.ts";
import { statusPatch } from "./status-patch.ts";
import type { UnseenWrites } from "./unseen-writes.ts";

/** Patches under way at once: enough to hide the API server's latency, few enough not to be throttled by it. */
const PATCHES_AT_ONCE = 16;
/** So many of the patches that write no address are always made; the others wait where something changes meanwhile. */
const CONDITIONS_AT_LEAST = 64;

/** What applying a plan needs. */
export interface ApplyContext {
  /** The decisions by key. */
  readonly assignments: ReadonlyMap<string, Assignment>;
  /** The Services whose decision may not be written yet; a Service leaves once all of it is written. */
  readonly unwritten: Set<string>;
  readonly objectOf: (key: string) => KubeObject | undefined;
  readonly source: Source;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  readonly retries: Retries;
  readonly writes: UnseenWrites;
  readonly contests: Contests;
  readonly held: HeldAddresses;
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
  /** Whether this program may write, asked before each patch. */
  readonly mayWrite: () => boolean;
  /** Whether an object changed since the plan was made: then the next plan decides. */
  readonly isOutdated: (key: string) => boolean;
  /** Whether objects changed that this round did not write: a new Service may be waiting. */
  readonly isDisturbed: () => boolean;
  /** Called before we change an object. */
  readonly onPatch: (key: string) => void;
  /** Called when `writes` changes for a Service: the next round has to read it again. */
  readonly onRemember: (key: string) => void;
  /** What the condition of the announcement shall say. */
  readonly announced: (key: string, object: KubeObject, assignment: Assignment) => ConditionValue | undefined;
}

interface Change {
  readonly key: string;
  readonly object: KubeObject;
  readonly assignment: Assignment;
  readonly announced: ConditionValue | undefined;
  readonly patch: StatusPatch;
  /** Nothing of the decision is written, only that another program undoes it. */
  readonly isContested: boolean;
}

/**
 * Writes decisions into the statuses: only differences, several at once, in the order they were decided, addresses
 * first. Never rejects: what cannot be written now is in `retries`. False: more is to be written, after another look.
 */
export async function applyAssignments(context: ApplyContext): Promise<boolean> {
  const [urgent, late]: [Change[], Change[]] = [[], []];
  for (const change of changesOf(context)) (writesAddresses(change) ? urgent : late).push(change);
  await applyAll([...urgent, ...late.slice(0, CONDITIONS_AT_LEAST)], context, context.mayWrite);
  const rest = late.slice(CONDITIONS_AT_LEAST);
  return applyAll(rest, context, () => context.mayWrite() && !context.isDisturbed());
}

/** Several at once, in order, while `goOn` is true. Returns false if it ended early. */
async function applyAll(changes: readonly Change[], context: ApplyContext, goOn: () => boolean): Promise<boolean> {
  // All workers share one iterator, so that each change is taken once.
  const left = changes.values();
  let isCut = false;
  const worker = async () => {
    for (const change of left) {
      isCut ||= !goOn();
      if (isCut) return;
      if (!context.isOutdated(change.key)) await applyOne(change, context);
    }
  };
  await Promise.all(Array.from({ length: PATCHES_AT_ONCE }, worker));
  return !isCut;
}

function* changesOf(context: ApplyContext): Generator<Change> {
  const { assignments, unwritten, objectOf, retries, contests } = context;
  const [wallMs, nowMs] = [context.wallMs(), context.monotonicMs()];
  // A deleted one is skipped, and none is added meanwhile.
  for (const key of unwritten) {
    const [object, assignment] = [objectOf(key), assignments.get(key)];
    if (object === undefined || assignment === undefined || retries.isWaiting(key, object)) {
      // It comes back when it changes, or when its time has come.
      unwritten.delete(key);
      continue;
    }
    const announced = context.announced(key, object, assignment);
    const patch = statusPatch(object, assignment, { announced, wallMs });
    const verdict = patch === undefined ? "leave" : contests.judge(key, object, nowMs);
    // Nothing to write, or not before a pause ends: no failed write waits for its turn any longer.
    if (verdict === "leave") retries.settled(key);
    const change = { key, object, assignment, announced };
    if (patch === undefined || verdict === "leave") unwritten.delete(key);
    else if (verdict === "write") yield { ...change, patch, isContested: false };
    else yield { ...change, patch: contestedPatch(object, wallMs), isContested: true };
  }
}

function writesAddresses({ patch }: Change): boolean {
  return patch.annotations !== undefined || (patch.status !== undefined && "loadBalancer" in patch.status);
}

async function applyOne(change: Change, context: ApplyContext): Promise<void> {
  const { key, object, assignment, patch, isContested } = change;
  const { source, log, metrics, retries, contests, held } = context;
  const { namespace, name } = object.metadata;
  const remember = (addresses: readonly Ip[]): void => {
    context.writes.remember(key, object, addresses);
    context.onRemember(key);
  };
  context.onPatch(key);
  context.unwritten.delete(key);
  try {
    const result = await source.patch({ kind: "Service", namespace, name }, patch);
    if (result === "conflict" || result === "gone") {
      log.debug({ service: key, reason: result }, "status not written, looking again");
      retries.failed(key, object);
      return;
    }
    retries.settled(key);
    if (!isContested) {
      remember(assignment.addresses);
      if (assignment.addresses.length === 0) held.forget(key);
    }
    if (result === "unchanged") return;
    for (const event of eventsFor(change, contests)) source.record(event);
    contests.wrote(key, object, { patch, nowMs: context.monotonicMs() });
    const isMoved = patch.status !== undefined && "loadBalancer" in patch.status && assignment.addresses.length > 0;
    if (isMoved) metrics.assignments.inc();
    logWritten(log, change, isMoved);
  } catch (err) {
    // It may have been written although no answer came: the addresses stay reserved until the object changes.
    remember([...assignment.addresses, ...assignment.released.map(({ ip }) => ip)]);
    const { failures, inMs: retryInMs } = retries.failed(key, object);
    // The first failure is news; that it goes on is not.
    log[failures === 1 ? "warn" : "debug"]({ service: key, err, retryInMs, failures }, "cannot write status");
  }
}

function eventsFor({ key, object, assignment, announced, isContested }: Change, contests: Contests): EventRecord[] {
  if (isContested) return [eventOf(refOf(object), contestedEvent)];
  // They would be the same ones with each attempt.
  if (contests.isContested(key)) return [];
  return [...eventsOf(object, assignment), ...announcementEvents(object, announced)];
}

function logWritten(log: Logger, { key: service, object, ...change }: Change, isMoved: boolean): void {
  const { addresses, pool, reason, message, released } = change.assignment;
  const ip = addresses.map(printIp);
  if (change.isContested) {
    log.warn({ service, reason: contestedEvent.reason }, "another program undoes what is written into the status");
    return;
  }
  for (const lost of released) log.info({ service, ip: printIp(lost.ip), reason: lost.reason }, "address released");
  const { announced } = change;
  const isFailing = announcementEvents(object, announced).length > 0;
  if (isFailing)
    log.warn({ service, ip, reason: announced?.reason, message: announced?.message }, "address not announced");
  else if (isMoved) log.info({ service, ip, pool, reason }, "address assigned");
  if (isSaid(object, change.assignment)) return;
  const problem = pendingProblem(service, change.assignment);
  // It is served as soon as it can be: nothing is broken for others.
  if (problem !== undefined) logProblem(log, { ...problem, severity: "warning" }, { service, ip, reason });
  else if (!isMoved && !isFailing) log.info({ service, ip, reason, message }, "condition written");
}

/** Whether the condition of the address says this already: then only that of the announcement was written. */
function isSaid(object: KubeObject, { reason, message }: Assignment): boolean {
  const present = addressConditionOf(object);
  return reason === "AddressReleased" || (present?.["reason"] === reason && present["message"] === message);
}

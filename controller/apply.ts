import { printIp } from "#src/ip/address.ts";
import type { Assignment, AssignmentPlan } from "#src/assignment/snapshot.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Logger } from "#src/process/log.ts";
import type { Source, StatusPatch } from "#src/source/source.ts";
import { eventsOf } from "./events.ts";
import type { ControllerMetrics } from "./metrics.ts";
import type { Retries } from "./retries.ts";
import { statusPatch } from "./status.ts";
import type { UnseenWrites } from "./unseen-writes.ts";

/** Patches under way at once: enough to hide the API server's latency, few enough not to be throttled by it. */
const PATCHES_AT_ONCE = 16;

/** What applying a plan needs. */
export interface ApplyContext {
  readonly source: Source;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  readonly retries: Retries;
  readonly writes: UnseenWrites;
  readonly wallMs: () => number;
}

interface Change {
  readonly key: string;
  readonly object: KubeObject;
  readonly assignment: Assignment;
  readonly patch: StatusPatch;
}

/**
 * Writes a plan into the statuses: only differences, several at once, in the plan's order. Never rejects: what cannot
 * be written now is in `retries`.
 */
export async function applyAssignments(
  plan: AssignmentPlan,
  objects: ReadonlyMap<string, KubeObject>,
  context: ApplyContext,
): Promise<void> {
  const changes = changesOf(plan, objects, context);
  const worker = async () => {
    for (const change of changes) await applyOne(change, context);
  };
  await Promise.all(Array.from({ length: PATCHES_AT_ONCE }, worker));
}

/** One generator is shared by all workers, so that each change is taken once. */
function* changesOf(
  plan: AssignmentPlan,
  objects: ReadonlyMap<string, KubeObject>,
  { retries, wallMs }: ApplyContext,
): Generator<Change> {
  for (const [key, assignment] of plan.assignments) {
    const object = objects.get(key);
    if (object === undefined || retries.isWaiting(key, object)) continue;
    const patch = statusPatch(object, assignment, wallMs());
    if (patch === undefined) retries.succeeded(key);
    else yield { key, object, assignment, patch };
  }
}

async function applyOne({ key, object, assignment, patch }: Change, context: ApplyContext): Promise<void> {
  const { source, log, metrics, retries, writes } = context;
  const { namespace, name } = object.metadata;
  try {
    const result = await source.patch({ kind: "Service", namespace, name }, patch);
    if (result === "conflict" || result === "gone") {
      log.debug({ service: key, reason: result }, "status not written, looking again");
      retries.failed(key, object);
      return;
    }
    writes.remember(key, object, assignment.addresses);
    retries.succeeded(key);
    if (result === "unchanged") return;
    for (const event of eventsOf(object, assignment)) source.record(event);
    const isMoved = patch.status !== undefined && "loadBalancer" in patch.status && assignment.addresses.length > 0;
    if (isMoved) metrics.assignments.inc();
    logWritten(log, key, { ...assignment, isMoved });
  } catch (err) {
    // It may have been written all the same (a lost answer): the addresses stay reserved until the object changes.
    writes.remember(key, object, [...assignment.addresses, ...assignment.released.map(({ ip }) => ip)]);
    const { failures, inMs: retryInMs } = retries.failed(key, object);
    // The first failure is news; that it goes on is not.
    log[failures === 1 ? "warn" : "debug"]({ service: key, err, retryInMs, failures }, "cannot write status");
  }
}

function logWritten(log: Logger, service: string, written: Assignment & { readonly isMoved: boolean }): void {
  const { addresses, pool, reason, message, released, isMoved } = written;
  const ip = addresses.map(printIp);
  for (const lost of released) log.info({ service, ip: printIp(lost.ip), reason: lost.reason }, "address released");
  if (isMoved) log.info({ service, ip, pool, reason }, "address assigned");
  else if (reason !== "AddressReleased") log.info({ service, ip, reason, message }, "condition written");
}

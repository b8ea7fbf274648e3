import { describeOrphan, poolOfOrphan } from "#src/assignment/explain.ts";
import { pendingProblem } from "#src/assignment/pending-problem.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import { equalIps, includesIp, type Ip, printIp } from "#src/ip/address.ts";
import { leavingAddresses, markedLeaving } from "#src/model/leaving-addresses.ts";
import type { KubeObject } from "#src/model/object.ts";
import { findRange } from "#src/model/pool.ts";
import { textOf } from "#src/model/record.ts";
import { type Reason, REASONS } from "#src/model/reason.ts";
import { addressConditionOf } from "#src/model/service-status.ts";
import { type Service, wasAssigned } from "#src/model/service.ts";
import type { ExplainContext } from "./explain-context.ts";
import { badStep, type ExplainStep, okStep, sentence, timeText, unknownStep } from "./explain-step.ts";

interface Subject {
  readonly object: KubeObject;
  readonly service: Service;
}

/** Each address of one of our Services and why it is this one, and what it lacks. */
export function explainAddresses(context: ExplainContext, subject: Subject): readonly ExplainStep[] {
  const { service, object } = subject;
  const assignment = context.assignments?.get(service.key);
  if (assignment === undefined) return [explainBySelf(object, service)];
  const has = service.assignedAddresses.map((ip) => explainOne(context, subject, { ip, assignment }));
  return [...has, ...explainLack(context, subject, assignment)];
}

/** Without a plan: what the controller wrote last. */
function explainBySelf(object: KubeObject, { assignedAddresses }: Service): ExplainStep {
  const { status, reason, message } = addressConditionOf(object) ?? {};
  const known = REASONS.find((one) => one === reason);
  const has = assignedAddresses.map(printIp).join(" and ");
  if (status === "False") return badStep("address", { reason: known ?? "", text: sentence(textOf(message)) });
  if (has === "") return unknownStep("address", { text: "It has no address, and no controller has written why." });
  const said = textOf(message);
  return okStep("address", { reason: known ?? "", text: said === "" ? `Its status has ${has}.` : sentence(said) });
}

interface Held {
  readonly ip: Ip;
  readonly assignment: Assignment;
}

function explainOne(context: ExplainContext, { service, object }: Subject, { ip, assignment }: Held): ExplainStep {
  const text = printIp(ip);
  if (includesIp(leavingAddresses(service, markedLeaving(object)), ip))
    return okStep("address", {
      text: `${text}: it leaves the Service, and stays until a speaker announces the one in its place.`,
    });
  const released = assignment.released.find((one) => equalIps(one.ip, ip));
  if (released !== undefined)
    return badStep("address", {
      reason: released.reason,
      text: sentence(released.message),
      fix:
        FIXES[released.reason] ?? "Wait until the controller has written it: it leads, or a step above says why not.",
    });
  const pool = findRange(context.pools, ip)?.pool.name;
  if (pool === undefined && assignment.reason === "AddressNotOurs")
    return badStep("address", {
      reason: assignment.reason,
      text: `${text}: no pool contains it, and Hawser did not assign it, so no speaker announces it.`,
      fix: FIXES.AddressNotOurs ?? "",
    });
  const { lastTransitionTime = "" } = addressConditionOf(object) ?? {};
  const time = timeText(textOf(lastTransitionTime), context.input.nowMs);
  const isAssigned = wasAssigned(service, ip);
  const from = pool === undefined ? "" : ` from the pool "${pool}"`;
  const got = isAssigned
    ? `Hawser assigned it${from}`
    : `it was in the status before, and was adopted${pool === undefined ? "" : ` into the pool "${pool}"`}`;
  const clauses = `${text}: ${got}${time === "" ? "" : `, and the Service has had it since ${time}`}`;
  if (pool === undefined) {
    const { why, fix } = describeOrphan(service, poolOfOrphan(service, ip, context.unserved));
    return okStep("address", {
      reason: "AddressOrphaned",
      text: `${clauses}. ${sentence(why)} It keeps serving.`,
      fix,
    });
  }
  return okStep("address", { reason: "AddressAssigned", text: `${clauses}. ${whyThisOne(context, service, ip)}` });
}

const FIXES: Partial<Record<Reason, string>> = {
  AddressConflict:
    "To share it, give both Services the same sharing key and different ports. Otherwise this Service gets another address.",
  AddressUnusable: "Take the address out of the pool and out of requests; the Service gets another one.",
  AddressNotOurs:
    "To have it served, add it to a pool; to leave the Service to its other provider, give it a spec.loadBalancerClass.",
};

/** Why it is this address and not another one. */
function whyThisOne(context: ExplainContext, service: Service, ip: Ip): string {
  if (includesIp(service.requestedAddresses, ip)) return "The Service asks for it.";
  const firstFree = context.assignedWithout(service).find(({ family }) => family === ip.family);
  if (firstFree !== undefined && equalIps(firstFree, ip)) return "It is the first one of the pool that it can have.";
  const today = firstFree === undefined ? "" : `; a new Service would get ${printIp(firstFree)}`;
  return `It stays, because an address in use never moves${today}.`;
}

/** What a Service lacks, or is to get. */
function explainLack(context: ExplainContext, { service }: Subject, assignment: Assignment): readonly ExplainStep[] {
  const { kind, addresses, reason } = assignment;
  const problem = pendingProblem(service.key, assignment);
  // The orphaned, foreign and unreadable ones have steps above.
  const isTold = reason === "AddressOrphaned" || (reason === "AddressNotOurs" && service.assignedAddresses.length > 0);
  if (problem !== undefined && !isTold) {
    const begin = addresses.length === 0 ? "It has no address" : "It has not all addresses";
    const text = reason === "AddressNotReleased" ? problem.why : `${begin}: ${problem.why}`;
    return [
      badStep("address", {
        reason,
        text: sentence(text),
        fix: fixOfLack(assignment.reason, context) ?? sentence(problem.fix),
      }),
    ];
  }
  const isNew = (ip: Ip): boolean => !includesIp(service.assignedAddresses, ip);
  const due = addresses.filter(isNew).map(printIp);
  if (kind === "assign" && due.length > 0) {
    const text = `The controller is to assign ${due.join(" and ")}, and has not written it yet.`;
    const isFresh = context.input.nowMs - service.createdMs < FRESH_MS;
    const fix = "Look whether a controller runs, and at the log of the one that leads.";
    return [isFresh ? unknownStep("address", { text }) : badStep("address", { text, fix })];
  }
  return [];
}

/** A Service as young as this may wait for its address. */
const FRESH_MS = 10_000;

/** What to do about a lack, as a sentence that is read alone; undefined where the decision says it best. */
function fixOfLack(reason: Reason, { pools, unserved }: ExplainContext): string | undefined {
  // The decision names the pool that is not served, if it is one of these that the Service lacks.
  if (unserved.length > 0 && (reason === "RequestedPoolUnknown" || pools.length === 0)) return undefined;
  if (reason === "NoPoolConfigured" && pools.length === 0)
    return "Add a pool under address-pools in the ConfigMap, or create an IPAddressPool.";
  return FIX_OF_LACK[reason];
}

const FIX_OF_LACK: Partial<Record<Reason, string>> = {
  NoPoolConfigured: "Ask for a pool with the annotation hawser.dev/address-pool on the Service.",
  PoolExhausted: "Add a range to the pool, or delete a Service that no longer needs its address.",
  FamilyUnavailable: "Add a range of this family to the pool, or change spec.ipFamilies of the Service.",
  RequestedPoolUnknown: "Ask for a pool that exists with hawser.dev/address-pool, or add the pool.",
};

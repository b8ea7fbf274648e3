import { byPriority, type PoolBar, whyBarred } from "#src/assignment/pool-bar.ts";
import { requestedPoolsOf } from "#src/assignment/requested-pools.ts";
import { whyUnserved } from "#src/assignment/why-unserved.ts";
import type { Ip } from "#src/ip/address.ts";
import { whyForbidden } from "#src/model/forbidden-address.ts";
import { rangeContains } from "#src/ip/range.ts";
import type { Pool } from "#src/model/pool.ts";
import { settingOf } from "#src/model/setting-of.ts";
import type { Reason } from "#src/model/reason.ts";
import type { Service } from "#src/model/service.ts";
import type { ExplainContext } from "./explain-context.ts";
import { closedBy, type PoolClosure } from "./closed-by.ts";
import { badStep, type ExplainStep, listNames, okStep, timeText, unknownStep } from "./explain-step.ts";

/** Which pools may serve a Service, and why each of the others does not: one step for each cause. */
export function explainPools(context: ExplainContext, service: Service): readonly ExplainStep[] {
  if (context.assignments === undefined)
    return [unknownStep("pool", { text: `Which pools may serve it cannot be known: ${whyUnplanned(context)}.` })];
  const pools = context.pools.toSorted(byPriority);
  const names = new Map<string, string[]>();
  const matched: string[] = [];
  for (const pool of pools) {
    const why = whyNotPool(pool, service, context);
    if (why === undefined) matched.push(`"${pool.name}"`);
    else names.set(why, [...(names.get(why) ?? []), `"${pool.name}"`]);
  }
  for (const pool of context.unserved) {
    const why = `it is ${whyUnserved(pool).is}`;
    names.set(why, [...(names.get(why) ?? []), `"${pool.name}"`]);
  }
  const isMany = matched.length > 1;
  const serving =
    matched.length === 0
      ? []
      : [okStep("pool", { text: `${listNames(matched)} may serve it${isMany ? ", in this order" : ""}.` })];
  const decided = context.assignments.get(service.key);
  // What no pool serves although it asks for an address lacks that for these reasons.
  const isLacking = matched.length === 0 && decided?.addresses.length === 0;
  const others = [...names].map(([why, some]) => {
    const text = `${listNames(some)} ${some.length > 1 ? "do" : "does"} not serve it: ${why}.`;
    return isLacking ? badStep("pool", { reason: decided.reason, text }) : okStep("pool", { text });
  });
  return [...serving, ...others, ...explainLevels(context, matched)];
}

/** The last Event about how full each of the pools is; nothing where there is none. */
function explainLevels({ input }: ExplainContext, names: readonly string[]): readonly ExplainStep[] {
  return names.slice(0, MAX_LEVELS).flatMap((name) => {
    const event = input.events?.findLast(
      ({ reason, message }) => LEVEL_REASONS.some((one) => one === reason) && message.includes(`Pool ${name} `),
    );
    const reason = LEVEL_REASONS.find((one) => one === event?.reason);
    if (event === undefined || reason === undefined) return [];
    return okStep("pool", { reason, text: `An Event of ${timeText(event.time, input.nowMs)}: ${event.message}` });
  });
}

/** Pools whose last Event has a step. */
const MAX_LEVELS = 3;
const LEVEL_REASONS = ["PoolNearlyFull", "PoolFull", "PoolHasRoom"] as const satisfies readonly Reason[];

function whyUnplanned({ hasConfig }: ExplainContext): string {
  if (!hasConfig) return "there is no configuration that can be used, or it may not be read";
  return "a pool selects namespaces by labels, and they may not be read";
}

/** Why a pool does not serve a Service; undefined where it may. */
function whyNotPool(pool: Pool, service: Service, context: ExplainContext): string | undefined {
  const decided = context.assignments?.get(service.key)?.addresses ?? [];
  const holdsOne = [...service.assignedAddresses, ...decided].some((ip) => contains(pool, ip));
  const requested = requestedPoolsOf(context.pools, service);
  if (requested !== undefined && !requested.includes(pool.name))
    return `the Service asks for the pool "${requested.join(",")}"`;
  const asked = service.requestedAddresses;
  if (asked.length > 0 && !asked.some((ip) => contains(pool, ip))) return "the requested address is not there";
  if (requested === undefined && asked.length === 0 && !pool.autoAssign && !holdsOne)
    return `${settingOf(pool, "auto-assign")} is false there, and the Service asks for no pool`;
  if (!pool.ranges.some(({ family }) => service.families.includes(family)))
    return "no range there is of the Service's address family";
  if (holdsOne) return undefined;
  const bar = whyBarred(pool, service, context.namespaces ?? new Map());
  if (bar !== undefined) return BARS[bar];
  return asked.length > 0 ? whyNoneAsked(pool, service, context) : whyFull(pool, service, context);
}

/** Why the pool assigns the Service none of the requested addresses that it contains; undefined where it may. */
function whyNoneAsked(pool: Pool, service: Service, context: ExplainContext): string | undefined {
  const inside = service.requestedAddresses.filter((ip) => contains(pool, ip));
  const whys = inside.map((ip) => whyNotAssigned(context, pool, ip));
  if (!whys.includes(undefined)) return whys[0];
  const isTaken = context.assignments?.get(service.key)?.reason === "RequestedAddressInUse";
  return isTaken && service.requestedAddresses.length === 1 ? "the requested address is in use there" : undefined;
}

/** Why the pool assigns an address of its ranges to no Service at all; undefined where it may. */
function whyNotAssigned(context: ExplainContext, pool: Pool, ip: Ip): string | undefined {
  const forbidden = whyForbidden(ip, context.hostAddresses);
  if (forbidden !== undefined) return `the requested address is ${forbidden.use}, and no Service can have it`;
  const closed = closedBy(context, pool, ip);
  return closed && `the requested address ${CLOSED[closed](pool)}`;
}

const CLOSED: Readonly<Record<PoolClosure, (pool: Pool) => string>> = {
  excluded: () => "is excluded there",
  avoided: (pool) => `ends in 0 or 255, which ${settingOf(pool, "avoid-buggy-ips")} avoids there`,
  network: () => "is kept by a network of the nodes for itself",
};

/** Why the pool has no address left for the Service; undefined where it has one. */
function whyFull(pool: Pool, service: Service, context: ExplainContext): string | undefined {
  if (!hasRoom(pool, service, context)) return "all addresses there are in use";
  const quota = pool.quotaPerNamespace;
  const isOver = context.assignments?.get(service.key)?.reason === "QuotaExceeded";
  return isOver && quota !== undefined ? `its namespace has all that it may have there (${quota})` : undefined;
}

const BARS: Readonly<Record<PoolBar, string>> = {
  disabled: "Services keep what they have there, and none gets another one (disabled)",
  namespace: "the namespace of the Service is not selected there",
  labels: "the labels of the Service are not selected there",
};

function contains(pool: Pool, ip: Ip): boolean {
  return pool.ranges.some((range) => rangeContains(range, ip));
}

/** Whether fewer addresses are in use than the pool has, in a family of the Service. */
function hasRoom(pool: Pool, { families }: Service, { usage }: ExplainContext): boolean {
  return usage.some((one) => one.pool === pool.name && families.includes(one.family) && one.free > 0n);
}

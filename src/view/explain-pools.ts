import { requestedPoolsOf } from "#src/assignment/requested-pools.ts";
import type { Ip } from "#src/ip/address.ts";
import { rangeContains } from "#src/ip/range.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import type { ExplainContext } from "./explain-context.ts";
import { badStep, type ExplainStep, listNames, okStep, unknownStep } from "./explain-step.ts";

/** Which pools may serve a Service, and why each of the others does not: one step for each cause. */
export function explainPools(context: ExplainContext, service: Service): readonly ExplainStep[] {
  if (context.assignments === undefined)
    return [unknownStep("pool", { text: "Which pools may serve it cannot be known without the configuration." })];
  const { pools } = context;
  const names = new Map<string, string[]>();
  const matched: string[] = [];
  for (const pool of pools) {
    const why = whyNotPool(pool, service, context);
    if (why === undefined) matched.push(`"${pool.name}"`);
    else names.set(why, [...(names.get(why) ?? []), `"${pool.name}"`]);
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
  return [...serving, ...others];
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
    return "auto-assign is false there, and the Service asks for no pool";
  if (!pool.ranges.some(({ family }) => service.families.includes(family)))
    return "no range there is of the Service's address family";
  return holdsOne || asked.length > 0 || hasRoom(pool, service, context) ? undefined : "all addresses there are in use";
}

function contains(pool: Pool, ip: Ip): boolean {
  return pool.ranges.some((range) => rangeContains(range, ip));
}

/** Whether fewer addresses are in use than the pool has, in a family of the Service. */
function hasRoom(pool: Pool, { families }: Service, { usage }: ExplainContext): boolean {
  return usage.some((one) => one.pool === pool.name && families.includes(one.family) && BigInt(one.used) < one.size);
}

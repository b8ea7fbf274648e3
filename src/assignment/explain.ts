import { type Family, type Ip, printIp } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import { avoids, type Pool } from "#src/model/pool.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import type { Reason } from "#src/model/reason.ts";
import type { Service } from "#src/model/service.ts";
import type { Obstacle } from "./in-use.ts";
import type { PoolSpaces } from "./pool-space.ts";
import { requestedPoolsOf } from "./requested-pools.ts";

/** Why a Service does not have all it wants, and what to do: a condition of the Service and the text of its Event. */
export interface Lack {
  readonly reason: Reason;
  readonly message: string;
}

/** Names in one message: enough to see the picture, short enough for an Event (1,024 bytes). */
const NAMES_SHOWN = 6;

/** The family as people write it. */
export function nameOfFamily(family: Family): "IPv4" | "IPv6" {
  return family === "ipv4" ? "IPv4" : "IPv6";
}

function listed(texts: readonly string[]): string {
  const more = texts.length - NAMES_SHOWN;
  return more > 0 ? `${texts.slice(0, NAMES_SHOWN).join(", ")} and ${more} more` : texts.join(", ");
}

function poolNames(pools: readonly Pool[]): string {
  return listed(pools.map((pool) => `"${pool.name}"`));
}

/**
 * No pool may serve the Service: there is none, none of a requested name, or none that assigns addresses without a
 * request. Undefined where one may.
 */
export function explainNoPool(pools: readonly Pool[], service: Service): Lack | undefined {
  if (pools.length === 0)
    return {
      reason: "NoPoolConfigured",
      message: "The configuration has no pool. Add one under address-pools in the ConfigMap.",
    };
  const requested = requestedPoolsOf(pools, service);
  const unknown = requested?.find((name) => !pools.some((pool) => pool.name === name));
  if (requested?.length === 0 || unknown !== undefined)
    return {
      reason: "RequestedPoolUnknown",
      message: `There is no pool "${unknown ?? service.requestedPool}"; there is ${poolNames(pools)}. Ask for one of these, or add the pool.`,
    };
  if (requested !== undefined || pools.some(({ autoAssign }) => autoAssign)) return undefined;
  return {
    reason: "NoPoolConfigured",
    message: `Every pool (${poolNames(pools)}) has auto-assign: false. Ask for one with the annotation hawser.dev/address-pool.`,
  };
}

/** The pools that may serve the Service have no address for it. */
export function explainNoFree(candidates: readonly PoolSpaces[], family: Family): Lack {
  const spaces = candidates.flatMap(({ [family]: space }) => space ?? []);
  const name = nameOfFamily(family);
  if (spaces.length === 0)
    return {
      reason: "FamilyUnavailable",
      message: `No ${name} address: ${poolNames(candidates.map(({ pool }) => pool))} has no ${name} range. Add one to the pool.`,
    };
  const counts = spaces.map(({ pool, used, size }) => `pool "${pool.name}" has ${used} of ${size} addresses in use`);
  return {
    reason: "PoolExhausted",
    message: `No free ${name} address: ${listed(counts)}. Add a range, or delete a Service that no longer needs its address.`,
  };
}

/** The requested address cannot be assigned to any Service. Undefined if it can. */
export function explainNotInPool(
  ip: Ip,
  { holder, requested }: { holder: Pool | undefined; requested: readonly string[] | undefined },
): Lack | undefined {
  const refuse = (why: string): Lack => ({
    reason: "RequestedAddressNotInPool",
    message: `Cannot assign the requested address ${printIp(ip)}: ${why}`,
  });
  const reserved = reservedUse(ip);
  if (reserved !== undefined)
    return refuse(`it is reserved (${reserved}), and no Service can have it. Ask for another address.`);
  if (holder === undefined) return refuse("no pool contains it. Add it to a pool, or ask for another address.");
  if (requested !== undefined && !requested.includes(holder.name)) {
    const names = listed(requested.map((name) => `"${name}"`));
    return refuse(`it is in pool "${holder.name}", not in the requested pool ${names}. Ask for only one of them.`);
  }
  if (avoids(holder, ip))
    return refuse(`pool "${holder.name}" has avoid-buggy-ips, and it ends in 0 or 255. Ask for another address.`);
  return undefined;
}

/** The requested address belongs to another Service, or to a host. */
export function explainInUse(ip: Ip, { holder, why, isHost }: Obstacle): Lack {
  const fix = `Ask for another address${isHost === true ? "" : ", or release that one"}.`;
  return {
    reason: "RequestedAddressInUse",
    message: `The requested address ${printIp(ip)} belongs to ${holder}, and ${why}. ${fix}`,
  };
}

/** RequireDualStack without a second family. Undefined where that is not so. */
export function explainNotDual({ ipFamilyPolicy, families }: Service): Lack | undefined {
  if (ipFamilyPolicy !== "RequireDualStack" || families.length > 1) return undefined;
  return {
    reason: "FamilyUnavailable",
    message: "spec.ipFamilyPolicy is RequireDualStack, but spec.ipFamilies has one family. Name both there.",
  };
}

/** The request itself cannot be read. Undefined if it can; warnings do not count. */
export function explainBadRequest(problems: readonly Problem[]): Lack | undefined {
  const [first, ...more] = problems.filter((problem) => problem.severity === "error");
  if (first === undefined) return undefined;
  return {
    reason: "BadRequest",
    message: `${printProblem(first)}${more.length > 0 ? ` And ${more.length} more.` : ""}`,
  };
}

/** The Service has addresses that no pool contains. Undefined if it has none. */
export function explainOrphaned(orphans: readonly Ip[]): Lack | undefined {
  if (orphans.length === 0) return undefined;
  return {
    reason: "AddressOrphaned",
    message:
      `${orphans.map(printIp).join(" and ")}: no pool contains it any longer. It keeps serving. ` +
      "To move it, request a pool with hawser.dev/address-pool; to keep it, add it to a pool.",
  };
}

/** The status has addresses of another provider, and there are none of the pools to replace them. */
export function explainNotOurs(foreign: readonly Ip[], lacks: readonly Lack[]): Lack {
  const message =
    `${foreign.map(printIp).join(" and ")}: no pool contains it, and Hawser did not assign it, so no speaker announces it. ` +
    "To have it served, add it to a pool; to leave the Service to its other provider, give it a spec.loadBalancerClass.";
  return { reason: "AddressNotOurs", message: [message, ...lacks.map((lack) => lack.message)].join(" ") };
}

import { type Family, includesIp, type Ip, nameOfFamily, printIp } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import { listed } from "#src/model/listed.ts";
import { findRange, type Pool, type UnservedPool, whyClosed } from "#src/model/pool.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import { settingOf } from "#src/model/setting-of.ts";
import type { Reason } from "#src/model/reason.ts";
import type { Service } from "#src/model/service.ts";
import type { Obstacle } from "./in-use.ts";
import { type PoolBar, whyBarred } from "./pool-bar.ts";
import { hasLeaving } from "./pool-shares.ts";
import { freeIn, type PoolSpace, type PoolSpaces } from "./pool-space.ts";
import { requestedPoolsOf } from "./requested-pools.ts";
import type { NamespaceLabels } from "./snapshot.ts";
import { whyUnserved } from "./why-unserved.ts";

/** Why a Service does not have all it wants, and what to do: a condition of the Service and the text of its Event. */
export interface Lack {
  readonly reason: Reason;
  readonly message: string;
}

/** Names in one message: enough to see the picture, short enough for an Event (1,024 bytes). */
const NAMES_SHOWN = 6;

function poolNames(pools: readonly Pool[]): string {
  return listed(
    pools.map((pool) => `"${pool.name}"`),
    NAMES_SHOWN,
  );
}

/** The pools, and what else decides which Services they may serve. */
export interface Pools {
  readonly pools: readonly Pool[];
  readonly unserved: readonly UnservedPool[];
  readonly namespaces: NamespaceLabels;
}

/**
 * No pool may serve the Service: there is none, none of a requested name, none that assigns addresses without a request, or
 * these are for other Services. Undefined where one may.
 */
export function explainNoPool({ pools, unserved, namespaces }: Pools, service: Service): Lack | undefined {
  if (pools.length === 0)
    return explainUnserved({ pools, unserved }, service) ?? { reason: "NoPoolConfigured", message: noPool(unserved) };
  const unknown = explainUnknownPool({ pools, unserved }, service);
  if (unknown !== undefined) return unknown;
  const requested = requestedPoolsOf(pools, service);
  const asked = pools.filter(({ name, autoAssign }) => requested?.includes(name) ?? autoAssign);
  if (asked.length === 0)
    return {
      reason: "NoPoolConfigured",
      message: `Every pool (${poolNames(pools)}) has ${listed([...new Set(pools.map((pool) => `${settingOf(pool, "auto-assign")}: false`))], 2, " or ")}. Ask for one with the annotation hawser.dev/address-pool.`,
    };
  return explainAllBarred(asked, service, namespaces);
}

function noPool([first]: readonly UnservedPool[]): string {
  if (first === undefined)
    return "The configuration has no pool. Add one under address-pools in the ConfigMap, or create an IPAddressPool.";
  const { is, fix } = whyUnserved(first);
  return `The configuration has no pool that Hawser serves: pool "${first.name}" is ${is}. ${fix}, or add another pool.`;
}

/** There is no pool of a requested name, or Hawser does not serve it. Undefined where there is one. */
export function explainUnknownPool(context: Pick<Pools, "pools" | "unserved">, service: Service): Lack | undefined {
  const { pools } = context;
  const requested = requestedPoolsOf(pools, service);
  if (requested === undefined) return undefined;
  const unknown = unknownIn(pools, requested);
  if (requested.length > 0 && unknown === undefined) return undefined;
  return (
    explainUnserved(context, service) ?? {
      reason: "RequestedPoolUnknown",
      message: `There is no pool "${unknown ?? service.requestedPool}"; there is ${poolNames(pools)}. Ask for one of these, or add the pool.`,
    }
  );
}

/** The first requested pool that is not among the pools is one that Hawser does not serve. Undefined where that is not so. */
function explainUnserved({ pools, unserved }: Pick<Pools, "pools" | "unserved">, service: Service): Lack | undefined {
  const unknown = unknownIn(pools, requestedPoolsOf(pools, service) ?? []);
  const other = unserved.find(({ name }) => name === unknown);
  if (other === undefined) return undefined;
  const { is, fix } = whyUnserved(other);
  const what = `Cannot assign an address of the requested pool "${other.name}"`;
  return { reason: "RequestedPoolUnknown", message: `${what}: it is ${is}. ${fix}, or ask for another pool.` };
}

function unknownIn(pools: readonly Pool[], requested: readonly string[]): string | undefined {
  return requested.find((name) => !pools.some((pool) => pool.name === name));
}

/** Each of the pools gives the Service no address. Undefined where one may. */
function explainAllBarred(pools: readonly Pool[], service: Service, namespaces: NamespaceLabels): Lack | undefined {
  const barred: { readonly pool: Pool; readonly bar: PoolBar }[] = [];
  for (const pool of pools) {
    const bar = whyBarred(pool, service, namespaces);
    if (bar === undefined) return undefined;
    barred.push({ pool, bar });
  }
  // What its owner can change for this Service comes before what is so for all.
  const others = barred.filter(({ bar }) => bar !== "disabled");
  const shown = others.length > 0 ? others : barred;
  const reason = others.length > 0 ? "PoolNotForService" : "PoolDisabled";
  const why = listed(
    // The others are counted only.
    shown.map(({ pool, bar }, at) => (at < NAMES_SHOWN ? describeBar(pool, service, bar) : "")),
    NAMES_SHOWN,
  );
  const fix =
    reason === "PoolDisabled"
      ? "Enable the pool, or ask for another one."
      : "Ask for another pool, or let one of these serve the Service.";
  return { reason, message: `${why.slice(0, 1).toUpperCase()}${why.slice(1)}. ${fix}` };
}

function describeBar({ name }: Pool, { namespace }: Service, bar: PoolBar): string {
  const texts: Readonly<Record<PoolBar, string>> = {
    disabled: "is disabled and assigns no address",
    namespace: `does not serve the namespace "${namespace}"`,
    labels: "serves Services with other labels",
  };
  return `pool "${name}" ${texts[bar]}`;
}

/** The pool of a requested address gives the Service none. Undefined where it may. */
export function explainBarred(
  ip: Ip,
  pool: Pool,
  { service, namespaces }: { service: Service; namespaces: NamespaceLabels },
): Lack | undefined {
  const bar = whyBarred(pool, service, namespaces);
  if (bar === undefined) return undefined;
  const message = `Cannot assign the requested address ${printIp(ip)}: ${describeBar(pool, service, bar)}.`;
  return bar === "disabled"
    ? { reason: "PoolDisabled", message: `${message} Enable the pool, or ask for another address.` }
    : {
        reason: "PoolNotForService",
        message: `${message} Ask for another address, or let the pool serve the Service.`,
      };
}

/** The namespace has all the addresses of the pool that its quota allows. */
export function explainQuota({ pool, shares }: PoolSpace, { namespace }: Service, ip?: Ip): Lack {
  const { name, quotaPerNamespace } = pool;
  const leaving = shares !== undefined && hasLeaving(shares, namespace) ? ", with those that leave a Service" : "";
  const begin = ip === undefined ? "The" : `Cannot assign the requested address ${printIp(ip)}: the`;
  return {
    reason: "QuotaExceeded",
    message:
      `${begin} namespace "${namespace}" has all addresses of pool "${name}" that its quota allows (${quotaPerNamespace}${leaving}). ` +
      "Delete a Service there that no longer needs its address, or raise the quota.",
  };
}

/** The requested address rests, and its pool keeps it for the Service that had it. */
export function explainReserved(ip: Ip, { name }: Pool): Lack {
  return {
    reason: "RequestedAddressInUse",
    message: `The requested address ${printIp(ip)} is kept for the Service that had it last: pool "${name}" lets its addresses rest for ever. Ask for another address.`,
  };
}

/** The pools that may serve the Service have no address for it: all in use, or (`isLimited`) its namespace has its share. */
export function explainNoFree({
  candidates,
  family,
  service,
  isLimited,
}: {
  readonly candidates: readonly PoolSpaces[];
  readonly family: Family;
  readonly service: Service;
  readonly isLimited: (space: PoolSpace) => boolean;
}): Lack {
  const spaces = candidates.flatMap(({ [family]: space }) => space ?? []);
  const name = nameOfFamily(family);
  if (spaces.length === 0)
    return {
      reason: "FamilyUnavailable",
      message: `No ${name} address: ${poolNames(candidates.map(({ pool }) => pool))} has no ${name} range. Add one to the pool.`,
    };
  const limited = spaces.find((space) => isLimited(space) && freeIn(space) > 0n);
  if (limited !== undefined) return explainQuota(limited, service);
  // The others are counted only.
  const counts = spaces.map((space, at) => (at < NAMES_SHOWN ? describeCount(space) : ""));
  return {
    reason: "PoolExhausted",
    message: `No free ${name} address: ${listed(counts, NAMES_SHOWN)}. Add a range, or delete a Service that no longer needs its address.`,
  };
}

function describeCount(space: PoolSpace): string {
  const { pool, used, usedClosed, size } = space;
  const left = freeIn(space);
  const kept = left > 0n ? `, and keeps ${left} for the Services that had them` : "";
  return `pool "${pool.name}" has ${used - usedClosed} of ${size} addresses in use${kept}`;
}

/** The requested address cannot be assigned to any Service. Undefined if it can. */
export function explainNotInPool(
  ip: Ip,
  {
    holder,
    requested,
    isClosed,
    unserved,
  }: {
    holder: Pool | undefined;
    requested: readonly string[] | undefined;
    isClosed: boolean;
    unserved: readonly UnservedPool[];
  },
): Lack | undefined {
  const refuse = (why: string): Lack => ({
    reason: "RequestedAddressNotInPool",
    message: `Cannot assign the requested address ${printIp(ip)}: ${why}`,
  });
  const reserved = reservedUse(ip);
  if (reserved !== undefined)
    return refuse(`it is reserved (${reserved}), and no Service can have it. Ask for another address.`);
  const other = holder === undefined ? findRange(unserved, ip)?.pool : undefined;
  if (other !== undefined) {
    const { is, fix } = whyUnserved(other);
    return refuse(`it is in pool "${other.name}", which is ${is}. ${fix}, or ask for another address.`);
  }
  if (holder === undefined)
    return refuse("no pool contains it. Add the requested address to a pool, or ask for another one.");
  if (requested !== undefined && !requested.includes(holder.name)) {
    const names = listed(
      requested.map((name) => `"${name}"`),
      NAMES_SHOWN,
    );
    return refuse(
      `it is in pool "${holder.name}", not in the requested pool ${names}. Ask for the address or for the pool, not for both.`,
    );
  }
  const closed = whyClosed(holder, ip);
  if (closed === "avoided")
    return refuse(
      `pool "${holder.name}" has ${settingOf(holder, "avoid-buggy-ips")}, and it ends in 0 or 255. Ask for another address.`,
    );
  if (closed === "excluded") return refuse(`pool "${holder.name}" excludes it. Ask for another address.`);
  if (isClosed) return refuse("a network of the nodes keeps it for itself. Ask for another address.");
  return undefined;
}

/** The requested address belongs to another Service, or to a host. */
export function explainInUse(ip: Ip, { holder, why, isHost }: Obstacle): Lack {
  const fix = `Ask for another address${isHost === true ? "" : ", or release the requested one"}.`;
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

/** The Service has addresses that no pool contains of those that Hawser serves. Undefined if it has none. */
export function explainOrphaned(
  service: Service,
  orphans: readonly Ip[],
  unserved: readonly UnservedPool[],
): Lack | undefined {
  if (orphans.length === 0) return undefined;
  const byPool = Map.groupBy(orphans, (ip) => poolOfOrphan(service, ip, unserved));
  const messages = [...byPool].map(([pool, ips]) => {
    const { why, fix } = describeOrphan(service, pool);
    return `${ips.map(printIp).join(" and ")}: ${why}. It keeps serving. ${fix}`;
  });
  return { reason: "AddressOrphaned", message: messages.join(" ") };
}

/**
 * The pool of an orphaned address that Hawser does not serve, because it contains the address, or because it cannot be read and
 * the address was assigned from it. Undefined where there is none.
 */
export function poolOfOrphan(
  { allocatedFrom }: Service,
  ip: Ip,
  unserved: readonly UnservedPool[],
): UnservedPool | undefined {
  const isOrigin = ({ name, why }: UnservedPool): boolean => why === "unusable" && name === allocatedFrom;
  return findRange(unserved, ip)?.pool ?? unserved.find(isOrigin);
}

/** Why an address of a Service is orphaned, as a clause, and what to do, as a sentence; `pool` is one that Hawser does not serve. */
export function describeOrphan({ key }: Service, pool?: UnservedPool): { readonly why: string; readonly fix: string } {
  const command = `run hawser release ${key}`;
  if (pool === undefined)
    return {
      why: "no pool contains it any longer",
      fix: `To exchange it for an address of a pool, ${command}; to keep it, add it to a pool.`,
    };
  const { is, fix } = whyUnserved(pool);
  return {
    why: `its pool "${pool.name}" is ${is}`,
    fix: `${fix}; to exchange the address for one of another pool, ${command}.`,
  };
}

/** The Service keeps these addresses that it is to release, and what it lacks in their place. Undefined if it keeps none. */
export function explainNotReleased(
  { requestedAddresses }: Service,
  stuck: readonly Ip[],
  lacks: readonly Lack[],
): Lack | undefined {
  if (stuck.length === 0) return undefined;
  const isAsked = stuck.some((ip) => includesIp(requestedAddresses, ip));
  const more = new Set(lacks.map(({ message }) => message));
  const why = isAsked
    ? ["It stays, because the Service asks for exactly this address.", ...more]
    : ["It stays until another address can take its place.", ...more];
  const fix = isAsked ? ["Ask for another address, or remove the request."] : [];
  const message = [`${stuck.map(printIp).join(" and ")}: to be released.`, ...why, ...fix].join(" ");
  return { reason: "AddressNotReleased", message };
}

/** The status has addresses of another provider, and there are none of the pools to replace them. */
export function explainNotOurs(foreign: readonly Ip[], lacks: readonly Lack[]): Lack {
  const message =
    `${foreign.map(printIp).join(" and ")}: no pool contains it, and Hawser did not assign it, so no speaker announces it. ` +
    "To have it served, add it to a pool; to leave the Service to its other provider, give it a spec.loadBalancerClass.";
  return { reason: "AddressNotOurs", message: [message, ...lacks.map((lack) => lack.message)].join(" ") };
}

import { includesIp, type Ip } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import { type InUse, isHeldIn } from "./in-use.ts";
import { isToRelease } from "./is-to-release.ts";
import { keptFor, leavingOf, type PoolShares } from "./pool-shares.ts";
import { type PoolSpace, spaceOf } from "./pool-space.ts";

/**
 * The quota of a namespace in a pool. What counts:
 *
 *  - each address that a Service of the namespace has, once however many share it;
 *  - addresses that leave a Service (leaving-addresses.ts), without one for each Service and family: with a full quota an
 *    address can be exchanged, and another exchange of the same Service waits until the address of the one before is gone. So
 *    a namespace has at most its quota and one address more for each Service and family. Counted in full, no Service of a full
 *    quota could leave a pool that is to be emptied; not counted, one Service could gather addresses;
 *  - resting addresses that a Service of the namespace had last. They keep no Service of it from an address: where only they
 *    fill the quota, it gets the one that rests longest, and what then is more than the quota is given up.
 */

/** What counts beside the addresses that are held: what the Service is to get too, and what it gives back for it. */
interface Pending {
  readonly chosen: readonly Ip[];
  readonly replaced?: readonly Ip[];
}

interface Wanting {
  readonly space: PoolSpace;
  readonly service: Service;
}

/** Whether the namespace of the Service has as many addresses of the pool as it may. */
export function isQuotaReached(inUse: InUse, wanting: Wanting, pending: Pending): boolean {
  const { quotaPerNamespace } = wanting.space.pool;
  return quotaPerNamespace !== undefined && countOf(inUse, wanting, pending) >= quotaPerNamespace;
}

/** How many addresses of the pool count for the namespace, without those that are kept. */
function countOf(inUse: InUse, { space, service }: Wanting, { chosen, replaced = [] }: Pending): number {
  const { pool, family, shares } = space;
  const { namespace, key } = service;
  if (shares === undefined) return 0;
  const isOfPool = (ip: Ip): boolean => spaceOf(inUse.index, ip)?.pool === pool;
  const more = chosen.filter((ip) => isOfPool(ip) && !isHeldIn(inUse, ip, { namespace })).length;
  // It gives back only what it gets another address of the family for.
  const isGivenBack = (ip: Ip): boolean => ip.family === family || chosen.some((one) => one.family === ip.family);
  const less = replaced.filter(
    (ip) => isOfPool(ip) && isGivenBack(ip) && !isHeldIn(inUse, ip, { namespace, except: key }),
  );
  const leaving = (shares.leavingCounted.get(namespace) ?? 0) + leavingMore(shares, key, less);
  return (shares.held.get(namespace) ?? 0) + more - less.length + leaving;
}

/** How many more of the leaving addresses of a Service count when these leave it, too. */
function leavingMore(shares: PoolShares, key: string, replaced: readonly Ip[]): number {
  let sum = 0;
  for (const [family, { length }] of Map.groupBy(replaced, (ip) => ip.family)) {
    const before = leavingOf(shares, { family, key });
    sum += Math.max(0, before + length - 1) - Math.max(0, before - 1);
  }
  return sum;
}

/** Whether the namespace of the Service would have too many addresses of the pool with this one. */
export function isOverQuota(
  inUse: InUse,
  { ip, service }: { readonly ip: Ip; readonly service: Service },
  pending: Pending,
): boolean {
  const space = spaceOf(inUse.index, ip);
  if (space === undefined || isHeldIn(inUse, ip, { namespace: service.namespace })) return false;
  return isQuotaReached(inUse, { space, service }, pending);
}

/**
 * The address that the Service gets where its namespace may have another one only in place of one that is kept: of those of
 * the family, the one that rests longest. Undefined where there is room for both, or none of the family is kept.
 */
export function keptInstead(inUse: InUse, wanting: Wanting, pending: Pending): Ip | undefined {
  const { space, service } = wanting;
  const { pool, shares, family } = space;
  if (pool.quotaPerNamespace === undefined || shares === undefined) return undefined;
  const isTaken = (ip: Ip): boolean => isUsed(inUse, ip) || isToRelease(service, ip) || includesIp(pending.chosen, ip);
  const kept = keptFor(shares, service.namespace, isTaken);
  // What it gives back is kept from then on, and counts on.
  if (countOf(inUse, wanting, { chosen: pending.chosen }) + kept.length < pool.quotaPerNamespace) return undefined;
  return kept.find((ip) => ip.family === family);
}

/** Of each namespace and pool, the addresses that rest longest and are more than its quota, with what its Services have. */
export function givenUpIn(inUse: InUse): readonly Ip[] {
  // Asked after each plan.
  if (!inUse.index.hasQuotas) return [];
  return inUse.index.pools.flatMap(({ pool, ipv4, ipv6 }) => {
    const shares = (ipv4 ?? ipv6)?.shares;
    const { quotaPerNamespace } = pool;
    if (shares === undefined || quotaPerNamespace === undefined) return [];
    return [...shares.kept.keys()].flatMap((namespace) => {
      const kept = keptFor(shares, namespace, (ip) => isUsed(inUse, ip));
      const more = kept.length + (shares.held.get(namespace) ?? 0) - quotaPerNamespace;
      return kept.slice(0, Math.max(0, more));
    });
  });
}

function isUsed({ byAddress }: InUse, { family, value }: Ip): boolean {
  return byAddress[family].has(value);
}

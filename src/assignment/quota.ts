import type { Ip } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import { type InUse, isHeldIn } from "./in-use.ts";
import { type PoolSpace, spaceOf } from "./pool-space.ts";

/** What counts beside the addresses that are held: what the Service is to get too, and what it gives back for it. */
interface Pending {
  readonly chosen: readonly Ip[];
  readonly replaced?: readonly Ip[];
}

/** Whether the namespace of the Service has as many addresses of the pool as it may. */
export function isQuotaReached(
  inUse: InUse,
  { space, service }: { readonly space: PoolSpace; readonly service: Service },
  { chosen, replaced = [] }: Pending,
): boolean {
  const { pool, heldBy } = space;
  const { namespace, key } = service;
  if (pool.quotaPerNamespace === undefined) return false;
  const isOfPool = (ip: Ip): boolean => spaceOf(inUse.index, ip)?.pool === pool;
  const more = chosen.filter((ip) => isOfPool(ip) && !isHeldIn(inUse, ip, { namespace })).length;
  const less = replaced.filter((ip) => isOfPool(ip) && !isHeldIn(inUse, ip, { namespace, except: key })).length;
  return (heldBy?.get(namespace) ?? 0) + more - less >= pool.quotaPerNamespace;
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

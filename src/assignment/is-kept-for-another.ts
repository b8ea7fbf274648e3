import { includesIp, type Ip, printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";
import type { InUse } from "./in-use.ts";
import { isReserved, spaceOf } from "./pool-space.ts";
import type { AssignmentSnapshot } from "./snapshot.ts";

/**
 * Whether the address is free, and its pool keeps it without limit for a Service of another name: the one that had it last. Where that
 * is not known, for those that did not have it.
 */
export function isKeptForAnother(
  { inUse, resting, former }: Pick<AssignmentSnapshot, "resting" | "former"> & { readonly inUse: InUse },
  ip: Ip,
  { key }: Service,
): boolean {
  const space = spaceOf(inUse.index, ip);
  if (space === undefined || inUse.byAddress[ip.family].has(ip.value) || !isReserved(space, ip)) return false;
  const last = resting.get(printIp(ip))?.service ?? "";
  return last === "" ? !includesIp(former.get(key) ?? [], ip) : last !== key;
}

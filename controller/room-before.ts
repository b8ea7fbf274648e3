import type { AssignmentPlanner } from "#src/assignment/planner.ts";
import type { PoolRoom } from "#src/assignment/snapshot.ts";
import { includesIp, type Ip, printIp } from "#src/ip/address.ts";
import type { Service } from "#src/model/service.ts";

/**
 * How much room the pools had before a plan: as much as the statuses of the Services say. `decided`: the keys of those that the
 * plan is about.
 */
export function roomBefore(
  planner: AssignmentPlanner,
  services: ReadonlyMap<string, Service>,
  decided: readonly string[],
): readonly PoolRoom[] {
  const isIn = (key: string, ip: Ip): boolean => includesIp(services.get(key)?.assignedAddresses ?? [], ip);
  const gained = new Map<string, Ip>();
  for (const key of decided) {
    const assignment = planner.assignments.get(key);
    if (assignment?.kind !== "assign") continue;
    for (const ip of assignment.addresses)
      if (!planner.claimantsOf(ip).some((claimant) => isIn(claimant, ip))) gained.set(printIp(ip), ip);
  }
  const counts = new Map<string, bigint>();
  for (const ip of gained.values()) {
    const space = `${ip.family} ${planner.poolOf(ip)}`;
    counts.set(space, (counts.get(space) ?? 0n) + 1n);
  }
  return planner
    .room()
    .map((room) => ({ ...room, free: room.free + (counts.get(`${room.family} ${room.pool}`) ?? 0n) }));
}

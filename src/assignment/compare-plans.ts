import { includesIp, type Ip, printIp } from "#src/ip/address.ts";
import { findRange, type Pool } from "#src/model/pool.ts";
import { ownAddresses } from "./own-addresses.ts";
import type { Assignment, AssignmentSnapshot } from "./snapshot.ts";

/** An address that a Service gets, loses, or keeps without a pool. */
interface AddressChange {
  /** `namespace/name`. */
  readonly service: string;
  readonly address: string;
}

/** What a change of objects does to the addresses of Services, each list by Service. */
export interface PlanChanges {
  /** How many Services have addresses and keep all of them, in a pool as before. */
  readonly keep: number;
  readonly gain: readonly AddressChange[];
  readonly lose: readonly AddressChange[];
  readonly move: readonly { readonly service: string; readonly from: string; readonly to: string }[];
  /** Kept, and no pool contains the address any longer. */
  readonly orphan: readonly AddressChange[];
}

/** What is planned for a snapshot. */
export interface Planned {
  readonly snapshot: Pick<AssignmentSnapshot, "pools" | "services" | "unreadable">;
  readonly assignments: ReadonlyMap<string, Assignment>;
}

/**
 * Compares what Services have now with what they have after a change. `before`: the plan for the state as it is, which
 * says what of the statuses is adopted; what that plan would assign beside is not in use yet. `after`: the settled plan for the
 * state with the change.
 */
export function comparePlans(before: Planned, after: Planned): PlanChanges {
  const found = { keep: 0, gain: [], lose: [], move: [], orphan: [] } as Found;
  for (const service of [...keysOf(before).union(keysOf(after))].sort()) {
    const [had, has] = [held(before, service), given(after, service)];
    const isOrphanNow = (ip: Ip): boolean =>
      includesIp(had, ip) && isPooled(before.snapshot.pools, ip) && !isPooled(after.snapshot.pools, ip);
    const lost = had.filter((ip) => !includesIp(has, ip));
    const gained = has.filter((ip) => !includesIp(had, ip));
    const orphaned = has.filter(isOrphanNow);
    for (const ip of orphaned) found.orphan.push({ service, address: printIp(ip) });
    if (had.length > 0 && lost.length === 0 && orphaned.length === 0) found.keep++;
    collectMoves(found, service, { lost, gained });
  }
  return found;
}

type Found = { -readonly [K in keyof PlanChanges]: PlanChanges[K] extends readonly (infer T)[] ? T[] : PlanChanges[K] };

/** An address that goes and one of its family that comes are one that moves. */
function collectMoves(
  found: Found,
  service: string,
  { lost, gained }: { readonly lost: readonly Ip[]; readonly gained: readonly Ip[] },
): void {
  const coming = [...gained];
  for (const ip of lost) {
    const index = coming.findIndex(({ family }) => family === ip.family);
    const [to] = index < 0 ? [] : coming.splice(index, 1);
    if (to === undefined) found.lose.push({ service, address: printIp(ip) });
    else found.move.push({ service, from: printIp(ip), to: printIp(to) });
  }
  for (const ip of coming) found.gain.push({ service, address: printIp(ip) });
}

function keysOf({ snapshot }: Planned): ReadonlySet<string> {
  return new Set([...snapshot.services.keys(), ...snapshot.unreadable.keys()]);
}

/** What a Service has in its status and keeps by the plan. */
function held(planned: Planned, key: string): readonly Ip[] {
  const present = planned.snapshot.services.get(key)?.assignedAddresses;
  return given(planned, key).filter((ip) => present === undefined || includesIp(present, ip));
}

/** What a Service has of ours by the plan. One that cannot be read keeps what it has. */
function given({ snapshot, assignments }: Planned, key: string): readonly Ip[] {
  const unreadable = snapshot.unreadable.get(key);
  if (unreadable !== undefined) return unreadable;
  const assignment = assignments.get(key);
  return assignment === undefined || assignment.kind === "ignore" ? [] : ownAddresses(assignment);
}

function isPooled(pools: readonly Pool[] | undefined, ip: Ip): boolean {
  return findRange(pools ?? [], ip) !== undefined;
}

import { comparePlans, type PlanChanges, type Planned } from "#src/assignment/compare-plans.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { settledPlan } from "#src/assignment/settled-plan.ts";
import type { Assignment, AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import { printIp } from "#src/ip/address.ts";
import type { IpRange } from "#src/ip/range.ts";
import { findRange, PLAIN_POOL } from "#src/model/pool.ts";
import { isOurService } from "#src/model/service-class.ts";
import { readInstallation, type SeenInstallation } from "#src/view/seen-installation.ts";
import { snapshotOf } from "#src/view/snapshot-of.ts";
import type { StatusInput } from "#src/view/status-input.ts";

/** What comes of the addresses in statuses when Hawser's controller starts. */
export interface ForetoldAdoption extends PlanChanges {
  /** Kept, and announced by no node: only a BGPAdvertisement is for the pool. */
  readonly silent: readonly { readonly service: string; readonly address: string; readonly pool: string }[];
  /** Why a Service does not stay as it is, by its key. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** Every address was in a pool of MetalLB when that assigned it. */
const ALL_ADDRESSES: readonly IpRange[] = [
  { family: "ipv4", first: 0n, last: 2n ** 32n - 1n },
  { family: "ipv6", first: 0n, last: 2n ** 128n - 1n },
];

const ORPHANED = "No pool contains it. It stays in the status, and nodes announce it that are in its network.";

/**
 * Compares what all Services have in their statuses, as another controller assigned it, with what they have when Hawser's
 * controller has adopted and assigned all. Undefined where there is no configuration that can be used: then it touches no status.
 */
export function foretellAdoption(input: StatusInput): ForetoldAdoption | undefined {
  const seen = readInstallation(input);
  if (!seen.hasConfig || input.services === undefined) return undefined;
  const snapshot = snapshotOf(seen, input);
  const after = settledPlan(snapshot).assignments;
  const changes = comparePlans(asItIs(snapshot), { snapshot, assignments: after });
  const silent = silentAddresses(seen, after);
  const first = planAssignments(snapshot).assignments;
  const touched = [changes.lose, changes.move, changes.orphan].flat().map(({ service }) => service);
  const reasons = new Map(touched.map((key) => [key, reasonOf(first.get(key), after.get(key))]));
  return { ...changes, silent, reasons };
}

/** A plan by which each Service has what its status says. */
function asItIs(snapshot: AssignmentSnapshot): Planned {
  const { services, unreadable } = snapshot;
  const assignments = new Map<string, Assignment>();
  for (const [key, service] of services) {
    if (!isOurService(service, snapshot)) continue;
    const rest = { pool: undefined, terms: undefined, message: "", released: [] };
    assignments.set(key, { kind: "keep", addresses: service.assignedAddresses, reason: "AddressAssigned", ...rest });
  }
  const pools = [{ ...PLAIN_POOL, name: "MetalLB", ranges: ALL_ADDRESSES }];
  return { snapshot: { pools, services, unreadable }, assignments };
}

function silentAddresses(seen: SeenInstallation, after: ReadonlyMap<string, Assignment>): ForetoldAdoption["silent"] {
  const poolsOf = (kind: string): ReadonlySet<string> =>
    new Set(seen.advertisements.filter((one) => one.kind === kind).flatMap(({ pools }) => pools));
  const [layer2, bgp] = [poolsOf("layer2"), poolsOf("bgp")];
  return [...after].flatMap(([service, { kind, addresses }]) => {
    if (kind === "ignore") return [];
    return addresses.flatMap((ip) => {
      const pool = findRange(seen.pools, ip)?.pool.name ?? "";
      return bgp.has(pool) && !layer2.has(pool) ? [{ service, address: printIp(ip), pool }] : [];
    });
  });
}

function reasonOf(first: Assignment | undefined, after: Assignment | undefined): string {
  const released = first?.released.map(({ message }) => message) ?? [];
  if (released.length > 0) return released.join(" ");
  return after?.reason === "AddressOrphaned" ? ORPHANED : (after?.message ?? "");
}

/** Whether every Service keeps its addresses, with a node that may announce them. Not where no plan is known. */
export function isHarmless(plan: ForetoldAdoption | undefined): boolean {
  if (plan === undefined) return false;
  const { lose, move, orphan, silent } = plan;
  return lose.length + move.length + orphan.length + silent.length === 0;
}

import { FormerAddresses } from "#src/assignment/former-addresses.ts";
import { restsOf } from "#src/assignment/rests-of.ts";
import type { AssignmentSnapshot, Rest } from "#src/assignment/snapshot.ts";
import { printIp } from "#src/ip/address.ts";
import { HISTORY_REPORT, keyOfPair, readHistory, withoutFuture } from "#src/model/address-history.ts";
import { keptAddresses } from "#src/model/kept-addresses.ts";
import { leavingAddresses, markedLeaving, withoutLeaving } from "#src/model/leaving-addresses.ts";
import { keyOf } from "#src/model/object.ts";
import { serviceClassOf } from "#src/model/service-class.ts";
import { addressesHeldBy } from "#src/model/service-status.ts";
import type { SeenInstallation } from "./seen-installation.ts";
import type { StatusInput } from "./status-input.ts";

/** What the controller's planner decides from, as far as it is seen from outside. */
export function snapshotOf(seen: SeenInstallation, input: StatusInput): AssignmentSnapshot {
  return {
    pools: seen.hasConfig ? seen.pools : undefined,
    unserved: seen.unserved,
    services: new Map(
      seen.services.flatMap(({ object, read }) =>
        read.ok
          ? [[read.value.key, withoutLeaving(read.value, leavingAddresses(read.value, markedLeaving(object)))] as const]
          : [],
      ),
    ),
    unreadable: new Map(
      seen.services.flatMap(({ object, read }) =>
        read.ok ? [] : [[keyOf(object.metadata), addressesHeldBy(object)] as const],
      ),
    ),
    hostAddresses: seen.hostAddresses,
    networkAddresses: seen.networkAddresses,
    namespaces: seen.namespaces,
    ...keptIn(seen, input),
    nowMs: input.nowMs,
    ...serviceClassOf(input),
  };
}

/** What rests, and for which Services, by the history that the controller keeps: as one knows it that starts now. */
function keptIn(
  { services }: SeenInstallation,
  { history, nowMs }: StatusInput,
): Pick<AssignmentSnapshot, "resting" | "former"> {
  const held = new Set<string>();
  const holders = new Set<string>();
  for (const { object, read } of services)
    for (const ip of read.ok ? read.value.assignedAddresses : addressesHeldBy(object)) {
      const service = keyOf(object.metadata);
      holders.add(service);
      held.add(keyOfPair({ address: printIp(ip), service }));
    }
  const at = new Date(nowMs).toISOString();
  const shown = withoutFuture(readHistory(history?.get(HISTORY_REPORT)), { now: at, as: at });
  const kept = keptAddresses(shown, { held, at });
  const rests = restsOf(kept, { nowMs, wallMs: nowMs });
  const former = new FormerAddresses();
  // What a Service has counts, not what it had.
  for (const { ip, service } of rests.toReversed()) if (!holders.has(service)) former.restore(service, ip);
  const resting = new Map(rests.map(({ ip, service, sinceMs }): [string, Rest] => [printIp(ip), { sinceMs, service }]));
  return { resting, former: former.byKey };
}

import type { AssignmentSnapshot } from "#src/assignment/snapshot.ts";
import { leavingAddresses, markedLeaving, withoutLeaving } from "#src/model/leaving-addresses.ts";
import { keyOf } from "#src/model/object.ts";
import { type ServiceClass, serviceClassOf } from "#src/model/service-class.ts";
import { addressesHeldBy } from "#src/model/service-status.ts";
import type { SeenInstallation } from "./seen-installation.ts";

/** What the controller's planner decides from, as far as it is seen from outside. */
export function snapshotOf(seen: SeenInstallation, serviceClass: ServiceClass): AssignmentSnapshot {
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
    // The controller alone knows what was freed just now, and what Services had before.
    resting: new Map(),
    former: new Map(),
    nowMs: 0,
    ...serviceClassOf(serviceClass),
  };
}

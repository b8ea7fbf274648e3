import { pendingProblem } from "#src/assignment/pending-problem.ts";
import { namespaceLabelsOf } from "#src/assignment/namespace-labels.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import type { Assignment, Released } from "#src/assignment/snapshot.ts";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { child, complain, descend, entry, type Field, isUnset } from "#src/model/field.ts";
import { hostAddressesOf } from "#src/model/host-addresses.ts";
import { networkAddressesOf } from "#src/model/network-addresses.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Reason } from "#src/model/reason.ts";
import { recordOf } from "#src/model/record.ts";
import { addressesHeldBy } from "#src/model/service-status.ts";
import type { CheckedSet } from "./checked-set.ts";
import { serviceClassOf } from "#src/model/service-class.ts";

/**
 * Runs the controller's planner over the set, and finds the Services that would get no address, or not all, or lose one,
 * with the reason. Finds nothing where the set has no pools: they may be elsewhere.
 */
export function findPendingServices(set: CheckedSet): readonly Problem[] {
  const { pools, unserved, services, nodes, members, installation } = set;
  if (pools === undefined) return [];
  const byKey = new Map(services.map((service) => [service.key, service]));
  const { assignments } = planAssignments({
    pools,
    unserved,
    services: byKey,
    unreadable: addressesOfUnreadable(set, byKey),
    hostAddresses: hostAddressesOf(nodes, members),
    networkAddresses: networkAddressesOf(members),
    namespaces: namespaceLabelsOf(set.keysOf("Namespace").flatMap((name) => set.objectOf("Namespace", name) ?? [])),
    resting: new Map(),
    former: new Map(),
    nowMs: 0,
    ...serviceClassOf(installation),
  });
  const problems: Problem[] = [];
  for (const [key, assignment] of assignments) {
    if (byKey.get(key)?.type !== "LoadBalancer" || assignment.kind === "ignore") continue;
    const root = set.rootOf("Service", key, problems);
    for (const released of assignment.released) complainOfLoss(root, released);
    complainOfLack(root, key, assignment);
  }
  return problems;
}

/** What the statuses of Services that cannot be read hold, and their external IPs: no other Service gets these. */
function addressesOfUnreadable(
  set: CheckedSet,
  readable: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, readonly Ip[]> {
  const keys = set.keysOf("Service").filter((key) => !readable.has(key));
  return new Map(
    keys.flatMap((key) => {
      const object = set.objectOf("Service", key);
      return object === undefined ? [] : [[key, addressesHeldBy(object)] as const];
    }),
  );
}

function complainOfLack(root: Field, key: string, assignment: Assignment): void {
  const problem = pendingProblem(key, assignment);
  if (problem === undefined) return;
  const { code, what, why, fix, severity } = problem;
  complain(requestOf(root, assignment.reason), code, { what, why, fix, severity });
}

function complainOfLoss(root: Field, { ip, reason, message }: Released): void {
  if (reason === "AddressReleased") return;
  const entries = descend(root, "status", "loadBalancer", "ingress");
  const index = Array.isArray(entries.value)
    ? entries.value.findIndex((one: unknown) => parseIp(String(recordOf(one)["ip"]))?.value === ip.value)
    : -1;
  const place =
    index < 0 || entries.place === undefined
      ? entries.place
      : { ...entries.place, keys: [...entries.place.keys, index, "ip"] };
  complain({ ...entries, place }, "SERVICE_ADDRESS_LOST", {
    what: `Cannot keep ${printIp(ip)} (${reason})`,
    why: message.slice(message.indexOf(": ") + 2).replace(/\.$/, ""),
    fix: "Leave the status out of the manifest; in a cluster the controller removes the address",
    severity: "warning",
  });
}

/** The field that a request for addresses is in; where the reason is not of a request, the object, at the line that asks. */
function requestOf(root: Field, reason: Reason): Field {
  if (!reason.startsWith("Requested")) return { ...root, place: askingFieldOf(root, reason).place };
  const annotations = descend(root, "metadata", "annotations");
  const wanted = reason === "RequestedPoolUnknown" ? /\/address-pool$/ : /\/(?:load-balancer-ips|loadBalancerIPs)$/;
  const key = Object.keys(recordOf(annotations.value)).find((one) => wanted.test(one));
  if (key !== undefined) return entry(annotations, key);
  const field = child(child(root, "spec"), "loadBalancerIP");
  return isUnset(field) ? root : field;
}

/** What asks for an address: the pool that is named; of a family that is lacking, the wish for it; else the type. */
function askingFieldOf(root: Field, reason: Reason): Field {
  const [annotations, spec] = [descend(root, "metadata", "annotations"), child(root, "spec")];
  const key = Object.keys(recordOf(annotations.value)).find((one) => one.endsWith("/address-pool"));
  if (key !== undefined) return entry(annotations, key);
  const names = reason === "FamilyUnavailable" ? ["ipFamilyPolicy", "ipFamilies", "type"] : ["type"];
  const fields = names.map((name) => child(spec, name));
  return fields.find((field) => !isUnset(field)) ?? root;
}

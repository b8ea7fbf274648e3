import { printIp } from "#src/ip/address.ts";
import type { AssignmentPlan } from "#src/assignment/snapshot.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";

/** A Service that is gone, and the addresses it took along. */
interface Departed {
  readonly about: ObjectRef;
  /** Canonical text. */
  readonly addresses: readonly string[];
}

/** The Services that had addresses of ours in the last plan and are not there any more: nobody else tells of these. */
export function findDeparted(
  last: AssignmentPlan["assignments"],
  objects: ReadonlyMap<string, KubeObject>,
): readonly Departed[] {
  return [...last].flatMap(([key, { kind, addresses }]) => {
    if (objects.has(key) || kind === "ignore" || addresses.length === 0) return [];
    const [namespace = "", name = ""] = key.split("/");
    return { about: { kind: "Service", namespace, name }, addresses: addresses.map(printIp) };
  });
}

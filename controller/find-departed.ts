import { printIp } from "#src/ip/address.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";

/** A deleted Service and the addresses it had. */
interface Departed {
  readonly about: ObjectRef;
  /** Canonical text. */
  readonly addresses: readonly string[];
}

/** Finds the deleted Services among those that left the plan and had addresses of ours: only this reports their release. */
export function findDeparted(
  gone: ReadonlyMap<string, Assignment>,
  objectOf: (key: string) => KubeObject | undefined,
): readonly Departed[] {
  return [...gone].flatMap(([key, { kind, addresses }]) => {
    if (objectOf(key) !== undefined || kind === "ignore" || addresses.length === 0) return [];
    const [namespace = "", name = ""] = key.split("/");
    return { about: { kind: "Service", namespace, name }, addresses: addresses.map(printIp) };
  });
}

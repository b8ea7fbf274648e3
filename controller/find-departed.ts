import { printIp } from "#src/ip/address.ts";
import type { Assignment } from "#src/assignment/snapshot.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";

/** A Service that is gone, and the addresses it took along. */
interface Departed {
  readonly about: ObjectRef;
  /** Canonical text. */
  readonly addresses: readonly string[];
}

/** Of the Services that went from the plan those that had addresses of ours and are deleted: their release is reported here alone. */
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

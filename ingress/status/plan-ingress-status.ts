import { type IngressAddress, sortAddresses } from "#src/model/ingress-address.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import { ingressOf } from "#src/model/service-status.ts";

/**
 * What an Ingress is to us. `served`: its status is ours to write. `unserved`: of our class, and closed or unreadable; it
 * keeps what it has. `foreign`: of another class, or of none.
 */
export type Standing = "served" | "unserved" | "foreign";

/** All that decides about the statuses of Ingresses. */
export interface StatusSnapshot {
  /** By `namespace/name`. */
  readonly ingresses: ReadonlyMap<string, KubeObject>;
  readonly standingOf: (key: string) => Standing;
  /** Where clients find us, in order; undefined while that is not known: then nothing is published, and nothing is removed. */
  readonly addresses: readonly IngressAddress[] | undefined;
}

/** A status that is to be written. */
export interface StatusChange {
  readonly ref: ObjectRef;
  readonly key: string;
  /** All of `status.loadBalancer.ingress`; empty: what we had published is removed. */
  readonly addresses: readonly IngressAddress[];
}

/**
 * Which Ingresses get which addresses: only differences. An Ingress that is not ours is touched in one case: its
 * addresses were written by us (`hasOurStatus`) before it got another class, and they are removed.
 */
export function planIngressStatus({ ingresses, standingOf, addresses }: StatusSnapshot): readonly StatusChange[] {
  const changes: StatusChange[] = [];
  const wanted = addresses && sortAddresses(addresses);
  for (const [key, object] of ingresses) {
    const next = nextOf(object, standingOf(key), wanted);
    if (next === undefined || isWritten(object, next)) continue;
    const { namespace, name } = object.metadata;
    changes.push({ ref: { kind: "Ingress", namespace, name }, key, addresses: next });
  }
  return changes;
}

/** What its status is to have; undefined: whatever it has. */
function nextOf(
  { metadata }: KubeObject,
  standing: Standing,
  wanted: readonly IngressAddress[] | undefined,
): readonly IngressAddress[] | undefined {
  if (standing === "served" && wanted !== undefined && wanted.length > 0) return wanted;
  const isWithdrawn = standing === "foreign" || (standing === "served" && wanted !== undefined);
  return isWithdrawn && metadata.hasOurStatus === true ? [] : undefined;
}

/** Whether a status has these addresses, in whatever order. An entry with more to it (`ports`) is another one. */
function isWritten(object: KubeObject, addresses: readonly IngressAddress[]): boolean {
  const written = ingressOf(object)
    .map((entry) => JSON.stringify(entry))
    .sort();
  const wanted = addresses.map((entry) => JSON.stringify(entry)).sort();
  return written.length === wanted.length && written.every((entry, index) => entry === wanted[index]);
}

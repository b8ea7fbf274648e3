import type { Ip } from "#src/ip/address.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Service } from "#src/model/service.ts";

interface Holding {
  readonly uid: string | undefined;
  readonly addresses: readonly Ip[];
}

/**
 * What the statuses of our Services held last. A program that empties a status does not take its addresses: the Service
 * gets the same ones again, unless they are in another status by now. In memory only.
 */
export class HeldAddresses {
  readonly #held = new Map<string, Holding>();

  /** Notes what a Service has; without addresses the last note stays. */
  note(key: string, object: KubeObject, addresses: readonly Ip[]): void {
    if (addresses.length > 0) this.#held.set(key, { uid: object.metadata.uid, addresses });
  }

  /** The Service was given no address by our own decision, or is gone. */
  forget(key: string): void {
    this.#held.delete(key);
  }

  /** What a Service with an empty status had, where no Service has it now. */
  lostBy(service: Service, object: KubeObject, isInUse: (ip: Ip) => boolean): readonly Ip[] {
    const held = this.#held.get(service.key);
    if (held === undefined) return [];
    const isStillItsOwn = service.type === "LoadBalancer" && held.uid === object.metadata.uid;
    if (isStillItsOwn && !held.addresses.some(isInUse)) return held.addresses;
    this.#held.delete(service.key);
    return [];
  }
}

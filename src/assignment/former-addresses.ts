import { cutFairly } from "#src/collections/cut-fairly.ts";
import type { Ip } from "#src/ip/address.ts";
import { namespaceOf } from "./pool-shares.ts";

/** Services remembered, with those that are deleted: as many as a /16 has addresses. */
const SERVICES_MAX = 65_536;
/** So many more are noted before they are cut: that costs a look at all. */
const CUT_EVERY = 4_096;

/**
 * What each Service had last, by its key, also after it was deleted or changed its type: one of the same namespace and
 * name gets it back where it is free. Where there are too many, the namespace that has most loses those noted first.
 */
export class FormerAddresses {
  readonly #byKey = new Map<string, readonly Ip[]>();

  get byKey(): ReadonlyMap<string, readonly Ip[]> {
    return this.#byKey;
  }

  /** Notes what a Service has; of a family that it has none of now, the last address is kept. */
  note(key: string, addresses: readonly Ip[]): void {
    if (addresses.length === 0) return;
    const before = this.#byKey.get(key) ?? [];
    const kept = before.filter((ip) => !addresses.some(({ family }) => family === ip.family));
    // The one noted last comes last.
    this.#byKey.delete(key);
    this.#byKey.set(key, [...addresses, ...kept]);
    this.#bound();
  }

  /** Notes what a Service had before a time of which something is known: only where nothing of the family is. */
  restore(key: string, ip: Ip): void {
    const known = this.#byKey.get(key) ?? [];
    if (known.some(({ family }) => family === ip.family)) return;
    this.#byKey.set(key, [...known, ip]);
    this.#bound();
  }

  #bound(): void {
    if (this.#byKey.size < SERVICES_MAX + CUT_EVERY) return;
    const kept = new Set(cutFairly([...this.#byKey.keys()], { max: SERVICES_MAX, ownerOf: namespaceOf }));
    for (const key of this.#byKey.keys()) if (!kept.has(key)) this.#byKey.delete(key);
  }
}

import type { Ip } from "#src/ip/address.ts";
import type { KubeObject } from "#src/model/object.ts";

interface Write {
  readonly object: KubeObject;
  readonly addresses: readonly Ip[];
}

/**
 * What we wrote (or may have written) and the source does not show yet. A plan made in between must count these
 * addresses as in use, or it would give them to a second Service.
 */
export class UnseenWrites {
  readonly #writes = new Map<string, Write>();

  /** `object` is the version that was patched: the note counts while the source still shows it. */
  remember(key: string, object: KubeObject, addresses: readonly Ip[]): void {
    this.#writes.set(key, { object, addresses });
  }

  /** The addresses that count for this version of the object; undefined: those in its status. */
  addressesOf(key: string, object: KubeObject): readonly Ip[] | undefined {
    const write = this.#writes.get(key);
    if (write === undefined) return undefined;
    if (isSameVersion(write.object, object)) return write.addresses;
    this.#writes.delete(key);
    return undefined;
  }

  /** The object is gone. */
  forget(key: string): void {
    this.#writes.delete(key);
  }

  /** Forgets everything; returns the keys it was about. */
  clear(): readonly string[] {
    const keys = [...this.#writes.keys()];
    this.#writes.clear();
    return keys;
  }
}

function isSameVersion(left: KubeObject, right: KubeObject): boolean {
  const [{ uid, resourceVersion }, other] = [left.metadata, right.metadata];
  return (
    left === right || (resourceVersion !== undefined && resourceVersion === other.resourceVersion && uid === other.uid)
  );
}

import type { Ip } from "#src/ip/address.ts";
import type { KubeObject } from "#src/model/object.ts";

/**
 * What we wrote (or may have written) and the source does not show yet. A plan made in between must count these
 * addresses as in use, or it would give them to a second Service.
 */
export interface UnseenWrite {
  /** The version that was patched: the note counts while the source still shows it. */
  readonly object: KubeObject;
  readonly addresses: readonly Ip[];
  /** Those of them that leave the Service. */
  readonly leaving: readonly Ip[];
}

/** What is left of a write when the source shows this version of the object: undefined if it shows another one by now. */
export function stillUnseen(write: UnseenWrite | undefined, shown: KubeObject): UnseenWrite | undefined {
  return write !== undefined && isSameVersion(write.object, shown) ? write : undefined;
}

function isSameVersion(left: KubeObject, right: KubeObject): boolean {
  const [{ uid, resourceVersion }, other] = [left.metadata, right.metadata];
  return (
    left === right || (resourceVersion !== undefined && resourceVersion === other.resourceVersion && uid === other.uid)
  );
}

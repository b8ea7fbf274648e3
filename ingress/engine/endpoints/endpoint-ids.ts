import { createHash } from "node:crypto";
import type { BackendEndpoint } from "#src/routing/route-table.ts";

/** The endpoints of a list by what cookies call them. */
export interface EndpointIds {
  /** By index. */
  readonly ids: readonly string[];
  readonly indexes: ReadonlyMap<string, number>;
}

/** A list of endpoints never changes: a backend that does gets another list. */
const known = new WeakMap<readonly BackendEndpoint[], EndpointIds>();

/**
 * Ids of 16 hexadecimal digits: the beginning of SHA-256 over pod, address and port. They are the same in every replica
 * and after every restart, and another pod with the same address has another one.
 */
export function endpointIds(endpoints: readonly BackendEndpoint[]): EndpointIds {
  let found = known.get(endpoints);
  if (found === undefined) {
    const ids = endpoints.map(({ key }) => createHash("sha256").update(key).digest("hex").slice(0, 16));
    found = { ids, indexes: new Map(ids.map((id, index) => [id, index])) };
    known.set(endpoints, found);
  }
  return found;
}

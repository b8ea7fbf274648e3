import type { Service } from "#src/model/service.ts";

/** The order in which Services are served: the oldest first, of equal age by key. */
export function byAge(left: Service, right: Service): number {
  return left.createdMs - right.createdMs || (left.key < right.key ? -1 : 1);
}

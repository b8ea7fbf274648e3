import type { Pool } from "./pool.ts";
import { objectAt, type ProblemPlace } from "./problem-place.ts";

/** Where a pool is written: in the ConfigMap (`namespace/name`), or an IPAddressPool of its own. */
export function poolPlace({ name, resource }: Pick<Pool, "name" | "resource">, configMap: string): ProblemPlace {
  return resource === undefined
    ? objectAt("ConfigMap", configMap, `pool "${name}"`)
    : objectAt("IPAddressPool", resource);
}

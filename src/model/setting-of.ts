import type { Pool } from "./pool.ts";

/** How settings of a pool are called in the ConfigMap, and on an IPAddressPool. */
const SETTINGS = {
  "auto-assign": "autoAssign",
  "avoid-buggy-ips": "avoidBuggyIPs",
  "excluded-addresses": "hawser.dev/excluded-addresses",
  disabled: "hawser.dev/disabled",
} as const;

/** A setting as it is called where the pool is written. */
export function settingOf({ resource }: Pick<Pool, "resource">, name: keyof typeof SETTINGS): string {
  return resource === undefined ? name : SETTINGS[name];
}

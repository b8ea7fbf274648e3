import type { BackendEndpoint } from "./route-table.ts";

/** `address:port`, of IPv6 with brackets. */
export function printEndpoint({ address, port }: Pick<BackendEndpoint, "address" | "port">): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

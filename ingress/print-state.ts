import { listRoutes } from "#src/routing/list-routes.ts";
import type { BasicAuth } from "#src/auth/basic-auth.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import type { Counters } from "./engine/counters.ts";
import type { IoName } from "./io/io.ts";

/** More rules than a person reads; a bound for what one request can make us print. */
const MAX_ROUTES = 10_000;

/** The answer to `/state` on the admin port: connections, and each rule with the endpoints it leads to now, as JSON. */
export function printState({
  table,
  counters: { openConnections, openEndpointConnections },
  knowsPasswords,
  io,
}: {
  readonly table: RouteTable;
  readonly counters: Pick<Counters, "openConnections" | "openEndpointConnections">;
  readonly knowsPasswords: (basic: BasicAuth) => boolean;
  /** How bytes are moved. */
  readonly io: IoName;
}): {
  readonly contentType: string;
  readonly body: string;
} {
  const { routes, total } = listRoutes(table, MAX_ROUTES, knowsPasswords);
  const state = { io, openConnections, openEndpointConnections, routes, leftOut: total - routes.length };
  return { contentType: "application/json", body: `${JSON.stringify(state, undefined, 2)}\n` };
}

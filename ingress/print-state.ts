import { listRoutes } from "#src/routing/list-routes.ts";
import type { PasswordStep } from "./auth/password-step.ts";
import type { Engine } from "./engine/engine.ts";
import type { IoName } from "./io/io.ts";

/** More rules than a person reads; a bound for what one request can make us print. */
const MAX_ROUTES = 10_000;

/** The answer to `/state` on the admin port: connections, and each rule with the endpoints it leads to now, as JSON. */
export function printState({
  engine: { routes: table, counters },
  passwords,
  io,
}: {
  readonly engine: Pick<Engine, "routes" | "counters">;
  readonly passwords: Pick<PasswordStep, "knows">;
  /** How bytes are moved. */
  readonly io: IoName;
}): {
  readonly contentType: string;
  readonly body: string;
} {
  const { routes, total } = listRoutes(table, MAX_ROUTES, (basic) => passwords.knows(basic));
  const { openConnections, openEndpointConnections } = counters;
  const state = { io, openConnections, openEndpointConnections, routes, leftOut: total - routes.length };
  return { contentType: "application/json", body: `${JSON.stringify(state, undefined, 2)}\n` };
}

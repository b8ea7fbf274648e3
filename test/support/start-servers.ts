import { until } from "#lab/rack/until.ts";
import { ingressOptions } from "#ingress/ingress-options.ts";
import { readServingSettings } from "#ingress/server/serving-settings.ts";
import type { Servers } from "#ingress/server/servers.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { readOptions } from "#src/process/read-options.ts";
import { ingressOf, serviceOf, slicesOf } from "./ingress-objects.ts";
import { testIo } from "./program-io.ts";

const patience = { timeoutMs: 60_000 };

/** What servers of the ingress need to know, with ports on loopback that the kernel chooses. */
export function servingOptions(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const io = testIo(env);
  const argv = ["--manifests=none", "--http-port=0", "--https-port=0", "--bind-address=127.0.0.1", ...flags];
  const read = readOptions(ingressOptions, argv, io, { command: "hawser ingress", about: "" });
  if (read.kind !== "values") throw new Error(io.err());
  const settings = readServingSettings(read.values);
  if (!settings.ok) throw new Error(JSON.stringify(settings.problems));
  return { io, given: read.given, options: read.values, settings: settings.value };
}

/** Has servers listen, and route `a.com` to an endpoint on loopback. Gives their ports. */
export async function listenWithRoute(
  servers: Servers,
  endpointPort: number,
): Promise<{ readonly http: number; readonly https: number }> {
  const ingresses = [ingressOf("i", { "a.com": { "/": "s" } })];
  const services = [serviceOf("s")];
  const slices = slicesOf("s", [endpointPort]);
  const changes = {
    classes: [],
    ingresses: ingresses.map((after) => ({ key: after.key, after })),
    services: services.map((after) => ({ key: after.key, after })),
    slices: slices.map((after) => ({ key: after.key, after })),
  };
  servers.useRoutes(buildRoutes(routingSnapshot({ ingresses, services, slices })), changes, () => changes);
  await servers.started;
  const ports = new Map<string, number>();
  servers.listen({
    onListening: (name, detail) => void ports.set(name, Number(/\d+/.exec(detail)?.[0])),
    onProblem: () => undefined,
  });
  await until("all to listen", () => ports.size === 2, patience);
  return { http: ports.get("http")!, https: ports.get("https")! };
}

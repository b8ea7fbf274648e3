import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Sample } from "#bench/report.ts";
import { startIngressLoop } from "#ingress/reader/ingress-loop.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { createLogger } from "#src/process/log.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import { EMPTY_ROUTES } from "#src/routing/empty-routes.ts";
import { route } from "#src/routing/route.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import { MemorySource } from "./memory-source.ts";
import { routedHost, routedIngress, routedManifests, routedPolicy, routedService } from "./routed-manifests.ts";

/** Of each kind of change. */
const CHANGES = 100;
/** Policies are at every fifth Ingress. */
const EVERY = 5;

/**
 * What the ingress does with so many Ingresses, without sockets and without reading them from anywhere: the time until the first table
 * is there, and that of single changes; what it takes of the heap. Throws where a change does not come into the table.
 */
export async function measureLoop(size: number, hasPolicies: boolean): Promise<readonly Sample[]> {
  const system = `hawser-${size}`;
  const suffix = hasPolicies ? "-policies" : "";
  const samples: Sample[] = [];
  const add = (name: string, unit: string, value: number): void => {
    samples.push({ case: `${name}${suffix}`, system, unit, value });
  };
  const source = new MemorySource();
  for (const manifest of routedManifests(size, hasPolicies)) source.put(manifest);
  const heapBefore = heapBytes();
  let table: RouteTable = EMPTY_ROUTES;
  const startedMs = performance.now();
  const loop = await startIngressLoop({
    source,
    scope: { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true },
    certificates: new Certificates(Date.now()),
    log: createLogger({ component: "bench", level: "silent" }),
    useRoutes: (next) => (table = next),
  });
  add("build", "ms", performance.now() - startedMs);
  add("heap-of-ingress", "kB", (heapBytes() - heapBefore) / size / 1e3);
  const timed = async (name: string, put: () => void): Promise<void> => {
    const before = table;
    const fromMs = performance.now();
    put();
    await loop.idle();
    add(name, "ms", performance.now() - fromMs);
    if (table === before) throw new Error(`${name} does not change the table`);
  };
  for (let change = 0; change < CHANGES; change++) {
    const number = ((change * 37) % Math.ceil(size / EVERY)) * EVERY;
    await timed("change-ingress", () =>
      source.put(routedIngress(number, { "permanent-redirect": `https://bench.test/${change}` })),
    );
    const { host, path } = { host: routedHost(number), path: "/api" };
    const { kind } = route(table, { host, path });
    if (kind !== "redirect") throw new Error(`${host} is not redirected, but: ${kind}`);
    await timed("change-endpoints", () => source.put(routedService(number, 9_000 + change)[1]));
    await timed("new-ingress", () => source.put(routedIngress(size + change)));
    if (hasPolicies) await timed("change-policy", () => source.put(routedPolicy(number, 1_000 + change)));
  }
  await loop.close();
  return samples;
}

/** What of the heap is in use. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { Counters } from "#ingress/engine/counters.ts";
import { IngressTraffic } from "#ingress/engine/ingress-traffic.ts";
import { RequestSeries, type SeriesRequest } from "#ingress/engine/request-series.ts";
import { registerMetrics } from "#ingress/register-metrics.ts";
import type { ServedFigures } from "#ingress/server/servers.ts";
import { SummedFigures } from "#ingress/workers/summed-figures.ts";
import { printMetrics } from "#src/process/print-metrics.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";

const ingresses = [ingressOf("web", { "a.com": { "/": "web" } }), ingressOf("api", { "b.com": { "/": "api" } })];
const table = buildRoutes(routingSnapshot({ ingresses, services: [], slices: [] }));

/** What one server counts. */
function counted() {
  return { counters: new Counters(), traffic: new IngressTraffic(), series: new RequestSeries() };
}

type Counted = ReturnType<typeof counted>;

const rule = (object: string) =>
  ({
    origin: { object, path: "/" },
    action: { kind: "forward", backend: "default/web:80" },
  }) as unknown as SeriesRequest["rule"];

function serve({ counters, traffic, series }: Counted, index: number): void {
  const object = index % 3 === 0 ? "default/web" : "default/api";
  const status = [200, 404, 503][index % 3]!;
  // Their sums are exact, in whatever order.
  const durationMs = 125 * 2 ** (index % 7);
  const bytes = { receivedBytes: 100 + index, sentBytes: 1_000 + index };
  counters.connections += 1;
  counters.retries += index % 2;
  counters.countRequest(status, durationMs, status === 503 ? "no-endpoint" : undefined);
  traffic.count(object, { status, durationMs, ...bytes });
  series.count({
    rule: rule(object),
    canary: undefined,
    host: "a.com",
    method: "GET",
    status,
    durationMs,
    responseMs: 125,
    ...bytes,
  });
}

async function page(figures: ServedFigures): Promise<string> {
  const registry = new Registry();
  const program = {
    ...figures,
    leads: () => true,
    statusWrites: () => 3,
    table: () => table,
    certificates: () => new Map(),
    tables: () => ({ count: 1, lastMs: 5_000 }),
    startedMs: 1_000,
  };
  registerMetrics(registry, program, { controllerClass: "c", namespace: "n" });
  let text = "";
  for await (const slice of printMetrics(registry)) text += slice;
  // Of the process itself: another number each time.
  return text.replaceAll(/^nginx_ingress_controller_nginx_process_(?:cpu|resident).*\n/gm, "");
}

const state = {
  openConnections: 2,
  openEndpointConnections: 1,
  unsentBytes: 10,
  ejectedCount: 1,
  staleCount: 1,
  isShared: false,
  problemCount: 1,
  lagSeconds: 0.01,
};

/** What a worker says of what it has counted; without all that this test does not count. */
function reportOf({ counters, traffic, series }: Counted) {
  const zeros = { displaced: 1, refused: 2, headless: 0, givenUp: 0, ejections: 1 };
  const records = { mirrored: { sent: 1 }, fetches: { read: 1 }, sharedCounts: { replica: 4 } };
  return structuredClone({
    counts: { counters: counters.take(), ...zeros, ...records },
    now: state,
    traffic: [...traffic.take()],
    series: [...series.take()],
  });
}

describe("SummedFigures", () => {
  it("shows the same page, to the byte, as one server that served all requests", async () => {
    const alone = counted();
    const workers = [counted(), counted(), counted()];
    const sums = new SummedFigures({ countsSeries: true, hasLimitStore: false });
    for (let index = 0; index < 90; index++) {
      serve(alone, index);
      serve(workers[index % 3]!, index);
      // The order in which Ingresses are met first is that of their first requests.
      if (index === 2 || index === 50) for (const [at, one] of workers.entries()) sums.add(at, reportOf(one));
    }
    for (const [at, one] of workers.entries()) sums.add(at, reportOf(one));
    alone.counters.openConnections = 6;
    alone.counters.openEndpointConnections = 3;
    const figures: ServedFigures = {
      ...alone,
      gate: { displaced: 9, refused: 18 },
      headless: () => 0,
      unsent: { total: 30, givenUp: 0 },
      health: { ejections: 9, ejectedCount: 1 },
      mirrored: { sent: 9, "left-out": 0, failed: 0 },
      tokenKeys: { counts: { read: 9, failed: 0 }, staleCount: 1 },
      sharedCounts: { isNamed: false, isShared: false, counts: { store: 0, replica: 36 } },
      problemCount: () => 1,
    };
    const expected = await page(figures);
    expect(await page(sums)).toBe(expected);
    expect(expected).toContain(
      'hawser_ingress_object_requests_total{namespace="default",ingress="web",status="2xx"} 30',
    );
  });

  it("keeps what a worker has counted that has ended, and forgets what it had open", () => {
    const sums = new SummedFigures({ countsSeries: false, hasLimitStore: false });
    const one = counted();
    serve(one, 0);
    sums.add(0, reportOf(one));
    sums.add(1, reportOf(counted()));
    expect([sums.counters.connections, sums.counters.openConnections]).toEqual([1, 4]);
    sums.forget(0);
    expect([sums.counters.connections, sums.counters.openConnections]).toEqual([1, 2]);
  });
});

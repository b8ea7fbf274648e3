import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { RequestSeries, type SeriesRequest } from "#ingress/engine/request-series.ts";
import { registerNginxMetrics } from "#ingress/nginx-metrics.ts";
import { registerTrafficMetrics } from "#ingress/traffic-metrics.ts";
import { until } from "#lab/rack/until.ts";
import { EMPTY_ROUTES } from "#src/routing/empty-routes.ts";
import type { Rule } from "#src/routing/rule.ts";
import type { Certificate } from "#src/tls/read-certificate.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, ask, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

const P = "nginx_ingress_controller_";
const CONTROLLER = ["controller_pod", "controller_class", "controller_namespace"];

/** What the two Grafana boards of ingress-nginx read: each metric with the labels that its queries name. */
const QUERIES: readonly { readonly board: string; readonly metric: string; readonly labels: readonly string[] }[] = [
  { board: "nginx", metric: "requests", labels: [...CONTROLLER, "namespace", "ingress", "status"] },
  { board: "nginx", metric: "nginx_process_connections", labels: [...CONTROLLER, "state"] },
  { board: "nginx", metric: "success", labels: CONTROLLER },
  { board: "nginx", metric: "config_last_reload_successful", labels: CONTROLLER },
  { board: "nginx", metric: "config_hash", labels: CONTROLLER },
  { board: "nginx", metric: "request_size_sum", labels: [...CONTROLLER, "namespace", "ingress"] },
  { board: "nginx", metric: "response_size_sum", labels: [...CONTROLLER, "namespace", "ingress"] },
  { board: "nginx", metric: "nginx_process_resident_memory_bytes", labels: CONTROLLER },
  { board: "nginx", metric: "nginx_process_cpu_seconds_total", labels: CONTROLLER },
  { board: "nginx", metric: "request_duration_seconds_bucket", labels: [...CONTROLLER, "namespace", "ingress", "le"] },
  { board: "nginx", metric: "ssl_expire_time_seconds", labels: ["host", "namespace"] },
  { board: "request handling", metric: "request_duration_seconds_bucket", labels: ["ingress", "le"] },
  { board: "request handling", metric: "response_duration_seconds_bucket", labels: ["ingress", "path", "le"] },
  { board: "request handling", metric: "request_duration_seconds_count", labels: ["ingress", "path", "status"] },
  { board: "request handling", metric: "response_duration_seconds_sum", labels: ["ingress", "path"] },
  { board: "request handling", metric: "response_duration_seconds_count", labels: ["ingress", "path"] },
  { board: "request handling", metric: "response_size_bucket", labels: ["ingress", "path", "le"] },
  { board: "request handling", metric: "response_size_sum", labels: ["ingress", "path"] },
];

const certificate = { secretKey: "shop/web-tls", validToMs: Date.UTC(2027, 0, 1) } as Certificate;
const certificates = () => new Map([["a.com", certificate]]);
const constant = {
  controller_class: "hawser.dev/ingress",
  controller_namespace: "hawser-system",
  controller_pod: "p1",
};

/** The metrics of a proxy that has had these requests. */
async function metricsAfter(requests: readonly string[]): Promise<string> {
  await using endpoint = await startEndpoint(answering("hello"));
  await using proxy = await startProxy(
    { s: [endpoint.port] },
    { ingresses: [ingressOf("i", { "a.com": { "/": "s", "=/exact": "s" }, "": { "/all": "s" } })], countsSeries: true },
  );
  const { engine } = proxy;
  const registry = new Registry();
  const table = () => engine.routes;
  registerTrafficMetrics(registry, { traffic: engine.traffic, table, certificates });
  registerNginxMetrics(registry, {
    series: engine.series ?? expect.fail("series are counted"),
    counters: engine.counters,
    table,
    certificates,
    leads: () => true,
    tables: () => ({ count: 3, lastMs: Date.UTC(2026, 10, 28) }),
    startedMs: Date.UTC(2026, 10, 28),
    constant,
  });
  for (const request of requests) await ask(proxy.port, `${request}\r\nConnection: close\r\n\r\n`);
  await until(
    "all requests to be counted",
    () => engine.counters.requests.reduce((sum, one) => sum + one, 0) === requests.length,
  );
  return registry.metrics();
}

const GET = "GET /x?a=1 HTTP/1.1\r\nHost: a.com";

describe("F metrics under ingress-nginx's names", () => {
  it.each(QUERIES)("the board $board finds $metric with $labels", async ({ metric, labels }) => {
    const lines = (await metricsAfter([GET])).split("\n").filter((line) => line.startsWith(`${P}${metric}{`));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) for (const label of labels) expect(line).toMatch(new RegExp(`[{,]${label}="`));
  });

  it("has the labels of the rule, whatever a client asks for", async () => {
    const requests = [
      GET,
      "GET /exact HTTP/1.1\r\nHost: A.COM:80",
      "BREW /other HTTP/1.1\r\nHost: a.com",
      "GET /all/1 HTTP/1.1\r\nHost: any.example",
      "GET /all/2 HTTP/1.1\r\nHost: other.example",
      "GET /none HTTP/1.1\r\nHost: none.example",
    ];
    const lines = (await metricsAfter(requests)).split("\n").filter((line) => line.startsWith(`${P}requests{`));
    const shown = lines.map((line) => {
      const labels = Object.fromEntries([...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
      return `${labels["host"]} ${labels["path"]} ${labels["method"]} ${labels["status"]} ${labels["namespace"]}/${labels["ingress"]} ${labels["service"]}: ${line.split(" ").at(-1)}`;
    });
    expect(shown.toSorted()).toEqual([
      "_ /all GET 200 default/i s: 2",
      "a.com / GET 200 default/i s: 1",
      "a.com / other 200 default/i s: 1",
      "a.com /exact GET 200 default/i s: 1",
    ]);
  });

  it("says when certificates end, and that a table is in use", async () => {
    const text = await metricsAfter([]);
    expect(text).toMatch(
      new RegExp(
        `^${P}ssl_expire_time_seconds\\{.*class="hawser.dev/ingress",host="a.com",namespace="shop",secret_name="web-tls"\\} 1798761600$`,
        "m",
      ),
    );
    expect(text).toMatch(new RegExp(`^${P}config_last_reload_successful\\{.*\\} 1$`, "m"));
    expect(text).toMatch(new RegExp(`^${P}leader_election_status\\{.*name="hawser-ingress"\\} 1$`, "m"));
  });
});

describe("F metrics of each Ingress", () => {
  it("counts requests by status class, bytes and durations", async () => {
    const text = await metricsAfter([GET, GET, "GET /none HTTP/1.1\r\nHost: b.com"]);
    const labels = 'namespace="default",ingress="i"';
    const valueOf = (name: string, more = "") =>
      Number(new RegExp(`^${name}\\{${labels}${more}\\} (.+)$`, "m").exec(text)?.[1]);
    expect(valueOf("hawser_ingress_object_requests_total", ',status="2xx"')).toBe(2);
    // `increase()` has to see the first failure; other classes without requests are left out.
    expect(valueOf("hawser_ingress_object_requests_total", ',status="5xx"')).toBe(0);
    for (const status of ["1xx", "3xx", "4xx", "other"])
      expect(valueOf("hawser_ingress_object_requests_total", `,status="${status}"`)).toBeNaN();
    expect(valueOf("hawser_ingress_object_request_bytes_total")).toBe(2 * `${GET}\r\nConnection: close\r\n\r\n`.length);
    expect(valueOf("hawser_ingress_object_response_bytes_total")).toBeGreaterThan(10);
    expect(valueOf("hawser_ingress_object_request_duration_seconds_count")).toBe(2);
    expect(valueOf("hawser_ingress_object_request_duration_seconds_bucket", ',le="\\+Inf"')).toBe(2);
    expect(text).toContain(
      'hawser_ingress_certificate_not_after_seconds{host="a.com",namespace="shop",secret="web-tls"} 1798761600',
    );
  });
});

describe("F series are bounded", () => {
  const rule = (path: string, namespace: string): Rule => ({
    origin: { object: `${namespace}/i`, path, pathType: "Prefix" },
    filters: {} as Rule["filters"],
    isRestricted: false,
    action: { kind: "forward", backend: "a/s:80" },
  });
  const request = (path: string, status: number, namespace = "a"): SeriesRequest => ({
    rule: rule(path, namespace),
    canary: undefined,
    host: "a.com",
    method: "GET",
    status,
    durationMs: 1,
    responseMs: undefined,
    receivedBytes: 1,
    sentBytes: 1,
  });

  it("beyond the bound counts by status alone, and forgets Ingresses that have no rules", () => {
    const series = new RequestSeries();
    for (let index = 0; index < 5_100; index++) series.count(request(`/${index}`, 200));
    expect(series.all()).toHaveLength(5_001);
    expect(series.all().at(-1)).toMatchObject({ labels: { status: "200", path: "", ingress: "" }, requests: 100 });
    series.keepOnly(new Set());
    expect(series.all()).toHaveLength(1);
    series.count(request("/0", 200));
    expect(series.all()).toHaveLength(2);
  });

  it("one namespace leaves sets for others, whatever its endpoints answer, and gets them back", () => {
    const series = new RequestSeries();
    for (let index = 0; index < 20_000; index++) series.count(request(`/${index}`, 100 + (index % 900)));
    series.count(request("/", 200, "b"));
    expect(series.all().filter(({ object }) => object === "b/i")).toHaveLength(1);
    series.keepOnly(new Set(["b/i"]));
    for (let index = 0; index < 5_100; index++) series.count(request(`/${index}`, 200));
    expect(series.all().filter(({ object }) => object === "a/i")).toHaveLength(5_000);
  });

  it("of traffic, too: an Ingress without rules is forgotten when metrics are read", async () => {
    await using endpoint = await startEndpoint(answering("hello"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    await ask(proxy.port, `${GET}\r\nConnection: close\r\n\r\n`);
    const registry = new Registry();
    let table = proxy.engine.routes;
    registerTrafficMetrics(registry, {
      traffic: proxy.engine.traffic,
      table: () => table,
      certificates: () => new Map(),
    });
    expect(await registry.metrics()).toContain('ingress="i"');
    table = EMPTY_ROUTES;
    expect(await registry.metrics()).not.toContain('ingress="i"');
  });
});

import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Registry } from "prom-client";
import { CONTROLLER_METRIC_LABELS } from "#controller/metric-labels.ts";
import { createControllerMetrics } from "#controller/metrics.ts";
import { Counters } from "#ingress/engine/counters.ts";
import { IngressTraffic } from "#ingress/engine/ingress-traffic.ts";
import { RequestSeries } from "#ingress/engine/request-series.ts";
import { registerNginxMetrics } from "#ingress/nginx-metrics.ts";
import { registerWorkerMetrics } from "#ingress/worker-metrics.ts";
import { registerTrafficMetrics } from "#ingress/traffic-metrics.ts";
import { EMPTY_ROUTES } from "#src/routing/empty-routes.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import type { Certificate } from "#src/tls/read-certificate.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { INGRESS_METRIC_LABELS } from "#ingress/metric-labels.ts";
import { registerIngressMetrics } from "#ingress/metrics.ts";
import { SPEAKER_METRIC_LABELS } from "#speaker/metric-labels.ts";
import { createSpeakerMetrics } from "#speaker/metrics.ts";
import { type MetricLabels, PROCESS_METRIC_LABELS } from "#src/process/metric-labels.ts";
import { createRegistry } from "#src/process/create-registry.ts";
import { promtool } from "#test/support/promtool.ts";
import { SpeakerNetwork } from "#test/speaker/speaker-network.ts";
import { read, root, tableOf, withTable } from "./page.ts";

function filled(fill: (registry: Registry) => unknown): Registry {
  const registry = new Registry();
  fill(registry);
  return registry;
}

const fillers: Readonly<Record<string, (registry: Registry) => unknown>> = {
  controller: createControllerMetrics,
  speaker: createSpeakerMetrics,
  ingress: (registry) =>
    registerIngressMetrics(registry, {
      counters: new Counters(),
      gate: { displaced: 0, refused: 0 },
      headless: () => 0,
      unsent: { total: 0, givenUp: 0 },
      health: { ejections: 0, ejectedCount: 0 },
      mirrored: { sent: 0, "left-out": 0, failed: 0 },
      sharedCounts: { isNamed: true, isShared: true, counts: { store: 0, replica: 0 } },
      tokenKeys: { counts: { read: 0, failed: 0 }, staleCount: 0 },
      problemCount: () => 0,
      leads: () => false,
      statusWrites: () => 0,
    }),
};

/** What a speaker shows that took addresses over, and lost some. */
function showSpeaker(registry: Registry): void {
  const metrics = createSpeakerMetrics(registry);
  const network = new SpeakerNetwork(2, ["192.0.2.1", "192.0.2.2"]);
  network.run(2_000);
  network.station("n1").isOn = false;
  network.run(1_000);
  network.tell("n2", ["192.0.2.1"], ["n1"]);
  network.run(1_000);
  const { state } = network.station("n2");
  expect(state?.takeovers.map(({ cause }) => cause)).toContain("NotWanted");
  if (state !== undefined) metrics.setState(state);
  metrics.setCounters(network.counters("n2"));
}

/** What a controller shows of a pool and of Services that cannot be read. */
function showController(registry: Registry): void {
  const pools = [
    {
      pool: "edge",
      family: "ipv4",
      size: 8n,
      used: 1,
      assigned: 1,
      free: 7n,
      orphaned: 0,
      resting: 0,
      excluded: 0n,
    } as const,
  ];
  createControllerMetrics(registry).show(() => ({
    assignments: new Map(),
    pools: () => pools,
    unreadable: 1,
    contested: 0,
  }));
}

/** Metrics of an Ingress that has had a request, and of a certificate. */
function fillTraffic(registry: Registry): void {
  const traffic = new IngressTraffic();
  traffic.count("shop/web", { status: 200, receivedBytes: 1, sentBytes: 1, durationMs: 1 });
  const snapshot = { ingresses: [ingressOf("web", { "a.com": { "/": "web" } })], services: [], slices: [] };
  const certificate = { secretKey: "shop/web-tls", validToMs: 0 } as Certificate;
  registerTrafficMetrics(registry, {
    traffic,
    table: () => buildRoutes(routingSnapshot(snapshot)),
    certificates: () => new Map([["a.com", certificate]]),
  });
}

/** Metrics of two threads that serve. */
function fillWorkers(registry: Registry): void {
  const lags = new Map([
    [1, 0],
    [2, 0.01],
  ]);
  registerWorkerMetrics(registry, {
    refresh: async () => undefined,
    workers: { serving: () => 2, deaths: () => 0, lags: () => lags },
  });
}

/** Those under ingress-nginx's names. */
function fillNginx(registry: Registry): void {
  registerNginxMetrics(registry, {
    series: new RequestSeries(),
    counters: new Counters(),
    table: () => EMPTY_ROUTES,
    certificates: () => new Map(),
    leads: () => false,
    tables: () => ({ count: 1, lastMs: 0 }),
    startedMs: 0,
    constant: { controller_class: "c", controller_namespace: "n", controller_pod: "p" },
  });
}

/** The file that registers metrics -> a registry with these. */
const registries: Readonly<Record<string, Registry>> = {
  ...Object.fromEntries(Object.entries(fillers).map(([name, fill]) => [`${name}/metrics.ts`, filled(fill)])),
  "ingress/worker-metrics.ts": filled(fillWorkers),
  "ingress/traffic-metrics.ts": filled(fillTraffic),
  "src/process/create-registry.ts": createRegistry("test"),
};

/** The values of each label, by metric. */
const labels: MetricLabels = {
  ...CONTROLLER_METRIC_LABELS,
  ...SPEAKER_METRIC_LABELS,
  ...INGRESS_METRIC_LABELS,
  ...PROCESS_METRIC_LABELS,
};

if (promtool === undefined)
  console.log("skipped: promtool is not installed (Debian package prometheus), the metrics are not checked with it");

/** A metric as it is registered: prom-client's own type leaves out most of this. */
interface Described {
  readonly name: string;
  readonly labelNames?: readonly string[];
  get(): Promise<{ readonly name: string; readonly type: string; readonly help: string }>;
}

/** What prom-client says of a process has names of its own. */
const isOurs = ({ name }: Described): boolean => name.startsWith("hawser_");

function metricsOf(registry: Registry): readonly Described[] {
  return (registry.getMetricsAsArray() as unknown as readonly Described[]).filter(isOurs);
}

async function rowsOf(registry: Registry, isWanted = isOurs): Promise<string[][]> {
  const all = registry.getMetricsAsArray() as unknown as readonly Described[];
  return Promise.all(
    all.filter(isWanted).map(async (metric) => {
      const { name, type, help } = await metric.get();
      const names = (metric.labelNames ?? []).map((label) => `\`${label}\``).join(", ");
      return [`\`${name}\``, type, names, help.replace(/\.?$/, ".")];
    }),
  );
}

function labelRows(): string[][] {
  return Object.entries(labels).flatMap(([metric, byLabel]) =>
    Object.entries(byLabel).map(([label, values]) => [
      `\`${metric}\``,
      `\`${label}\``,
      typeof values === "string" ? values : values.map((value) => `\`${value}\``).join(", "),
    ]),
  );
}

describe("docs/metrics.md", () => {
  const written = read("docs/metrics.md");

  it("lists every metric of the programs, and none that does not exist", () => {
    const listed = [...written.matchAll(/^\| `(hawser_[a-z_]+)` \| (?:counter|gauge|histogram) \|/gm)].map(
      (match) => match[1],
    );
    const registered = Object.values(registries).flatMap(metricsOf);
    expect(registered.length).toBeGreaterThan(20);
    expect(listed).toEqual(registered.map(({ name }) => name));
  });

  it("says of each what the program says (`npm test -- test/docs -u` writes it anew)", async () => {
    let text = written;
    for (const [source, registry] of Object.entries(registries))
      text = withTable(text, source, tableOf(["Metric", "Type", "Labels", "Meaning"], await rowsOf(registry)));
    const ofNginx = await rowsOf(filled(fillNginx), () => true);
    text = withTable(text, "ingress/nginx-metrics.ts", tableOf(["Metric", "Type", "Labels", "Meaning"], ofNginx));
    text = withTable(text, "metric-labels.ts of each program", tableOf(["Metric", "Label", "Values"], labelRows()));
    await expect(text).toMatchFileSnapshot(`${root}docs/metrics.md`);
  });

  it("A has the values of every label that is registered, and of none that is not", () => {
    const registered = Object.values(registries)
      .flatMap(metricsOf)
      .flatMap(({ name, labelNames = [] }) => labelNames.map((label) => `${name} ${label}`));
    const described = Object.entries(labels).flatMap(([name, byLabel]) =>
      Object.keys(byLabel).map((label) => `${name} ${label}`),
    );
    expect(described.toSorted()).toEqual(registered.toSorted());
  });

  it.each(
    globSync(["README.md", "SECURITY.md", "docs/**/*.md", "config/**/*.yaml", "{lab,bench}/**/*.ts"], { cwd: root }),
  )("A %s names no metric that does not exist", (page) => {
    const names = new Set(
      Object.values(registries)
        .flatMap(metricsOf)
        .map(({ name }) => name),
    );
    const named = [...read(page).matchAll(/\bhawser_[a-z_]*[a-z]\b/g)].map(([name]) => name);
    expect(named.filter((name) => !names.has(name) && !names.has(name.replace(/_(?:bucket|sum|count)$/, "")))).toEqual(
      [],
    );
  });

  it("A has no value twice, and each label has more than one", () => {
    for (const [name, byLabel] of Object.entries(labels))
      for (const values of Object.values(byLabel))
        if (typeof values !== "string")
          expect([name, new Set(values).size]).toEqual([name, Math.max(2, values.length)]);
  });

  it.each([
    { program: "ingress", fill: fillers["ingress"]!, atLeast: 11 },
    { program: "speaker", fill: showSpeaker, atLeast: 5 },
    { program: "controller", fill: showController, atLeast: 7 },
  ])("A has no value in the $program that is not listed", async ({ fill, atLeast }) => {
    const shown = [...(await filled(fill).metrics()).matchAll(/^(hawser_\w+)\{(.+)\} /gm)].flatMap(
      ([, name = "", text = ""]) =>
        [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = "", value = ""]) => ({ name, label, value })),
    );
    expect(shown.length).toBeGreaterThanOrEqual(atLeast);
    const isUnknown = ({ name, label, value }: (typeof shown)[number]): boolean => {
      const listed = labels[name]?.[label] ?? [];
      return label !== "le" && typeof listed !== "string" && !listed.includes(value);
    };
    expect(shown.filter(isUnknown)).toEqual([]);
  });

  it("A lists no cause for takeovers that only losses have: the speaker counts gains alone", () => {
    const causes = labels["hawser_speaker_takeovers_total"]?.["cause"];
    expect(causes).toContain("MemberSilent");
    for (const cause of ["NotWanted", "Forbidden"]) expect(causes).not.toContain(cause);
  });

  it.skipIf(promtool === undefined).each(Object.entries({ ...fillers, traffic: fillTraffic }))(
    "A promtool finds nothing in the metrics of the %s",
    async (name, fill) => {
      const registry = createRegistry(name);
      fill(registry);
      const { status, stdout, stderr } = spawnSync(promtool ?? "", ["check", "metrics"], {
        input: await registry.metrics(),
        encoding: "utf8",
      });
      expect([stdout + stderr, status]).toEqual(["", 0]);
    },
  );

  it("has base units in names, and _total on counters only", async () => {
    for (const registry of Object.values(registries))
      for (const metric of metricsOf(registry)) {
        const { name, type } = await metric.get();
        expect(`${name} ${name.endsWith("_total")}`).toBe(`${name} ${type === "counter"}`);
        expect(name).not.toMatch(/_(?:ms|milliseconds|kb|mb|percent)\b/);
      }
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { ways } from "#scripts/manifests/render.ts";
import { config, kustomize, type Manifest, nameOf, podOf, readManifests } from "#test/config/kustomization.ts";
import { exposedWith, hasKubectl, kubectlKustomize } from "#test/support/kubectl.ts";
import { promtool, runPromtool } from "#test/support/promtool.ts";
import { targetLabels } from "./target-series.ts";

const folder = join(config, "monitoring");
if (!hasKubectl) console.log("skipped: there is no kubectl, config/monitoring is not rendered");

interface PodMonitorSpec {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly podMetricsEndpoints: readonly {
    readonly port: string;
    readonly honorLabels: boolean;
    readonly relabelings: readonly { readonly targetLabel: string; readonly replacement?: string }[];
  }[];
}

interface ServiceMonitorSpec {
  readonly endpoints: PodMonitorSpec["podMetricsEndpoints"];
}

interface ScrapeJob {
  readonly relabel_configs: readonly { readonly target_label?: string }[];
}

const monitors = readManifests(join(folder, "pod-monitors.yaml"));

describe("config/monitoring", () => {
  it.each(ways)("has a PodMonitor for the pods of each program of %s, with the labels that the alerts use", (way) => {
    const pods = kustomize(join(config, "expose", way)).filter((object) => podOf(object) !== undefined);
    expect(pods.map(nameOf)).toHaveLength(monitors.length);
    for (const object of pods) {
      const [container] = podOf(object)?.containers ?? [];
      const { labels = {} } = (object.spec as { template: { metadata: Manifest["metadata"] } }).template.metadata;
      const of = monitors
        .map(({ spec }) => spec as PodMonitorSpec)
        .filter(({ selector }) =>
          Object.entries(selector.matchLabels).every(([name, value]) => labels[name] === value),
        );
      expect(of).toHaveLength(1);
      const [endpoint] = of[0]?.podMetricsEndpoints ?? [];
      expect(container?.ports.map(({ name }) => name)).toContain(endpoint?.port);
      expect(endpoint?.honorLabels).toBe(true);
      expect(endpoint?.relabelings.find(({ targetLabel }) => targetLabel === "job")?.replacement).toBe(
        `hawser-${container?.name}`,
      );
    }
  });

  it.skipIf(!hasKubectl)("can be added to each way, with config/open-metrics", () => {
    for (const way of ways) {
      const objects = exposedWith(way, ["open-metrics", "monitoring"]);
      const added = objects.filter(({ apiVersion }) => apiVersion === "monitoring.coreos.com/v1");
      expect(added.map(nameOf).toSorted()).toEqual([
        ...["controller", "ingress", "speaker"].map((name) => `PodMonitor hawser-system/hawser-${name}`),
        "PrometheusRule hawser-system/hawser",
      ]);
      expect(objects).toHaveLength(kustomize(join(config, "expose", way)).length + added.length);
    }
  });

  it.each(ways)("has ServiceMonitors that read of %s what the PodMonitors read, by the ports of Services", (way) => {
    const objects = readManifests(join(config, "service-monitors/service-monitors.yaml"));
    const services = objects.filter(({ kind }) => kind === "Service");
    const pods = kustomize(join(config, "expose", way)).filter((object) => podOf(object) !== undefined);
    expect(services.map(({ metadata }) => metadata.name)).not.toContain("hawser-ingress");
    for (const monitor of monitors) {
      const { selector, podMetricsEndpoints } = monitor.spec as PodMonitorSpec;
      const [other] = objects.filter(
        ({ kind, metadata }) => kind === "ServiceMonitor" && metadata.name === monitor.metadata.name,
      );
      const labels = { ...selector.matchLabels };
      labels["app.kubernetes.io/component"] += "-metrics";
      expect(other?.spec).toEqual({ selector: { matchLabels: labels }, endpoints: podMetricsEndpoints });
      const [service, ...more] = services.filter(({ metadata }) => isDeepStrictEqual(metadata.labels, labels));
      expect(more).toEqual([]);
      if (service === undefined) throw new Error(`no Service of ${monitor.metadata.name}`);
      const { ports, ...spec } = service.spec as { readonly ports: readonly { name: string; targetPort: string }[] };
      expect(spec).toEqual({ clusterIP: "None", publishNotReadyAddresses: true, selector: selector.matchLabels });
      expect(ports.map(({ name, targetPort }) => [name, targetPort])).toEqual([
        ["metrics", "metrics"],
        ["metrics-tls", "metrics-tls"],
      ]);
    }
    expect(pods).toHaveLength(services.length);
  });

  it.skipIf(!hasKubectl)("has ServiceMonitors in place of PodMonitors with config/service-monitors", () => {
    for (const way of ways) {
      const objects = exposedWith(way, ["open-metrics", "monitoring", "service-monitors"]);
      const added = objects.filter(({ apiVersion }) => apiVersion === "monitoring.coreos.com/v1");
      expect(added.map(nameOf).toSorted()).toEqual([
        "PrometheusRule hawser-system/hawser",
        ...["controller", "ingress", "speaker"].map((name) => `ServiceMonitor hawser-system/hawser-${name}`),
      ]);
    }
  });

  it.skipIf(!hasKubectl)(
    "is read over TLS with config/secure-metrics, from the ports that the programs are given",
    () => {
      for (const way of ways) {
        const objects = exposedWith(way, ["monitoring", "secure-metrics"]);
        const endpoints = [...objects, ...exposedWith(way, ["monitoring", "service-monitors", "secure-metrics"])]
          .filter(({ kind }) => kind === "PodMonitor" || kind === "ServiceMonitor")
          .map(({ spec }) => spec as Partial<PodMonitorSpec & ServiceMonitorSpec>)
          .map(({ podMetricsEndpoints, endpoints: read }) => (podMetricsEndpoints ?? read)?.[0]);
        expect(endpoints).toHaveLength(6);
        for (const endpoint of endpoints)
          expect(endpoint).toMatchObject({
            port: "metrics-tls",
            scheme: "https",
            authorization: { credentials: { name: "hawser-metrics-reader", key: "token" } },
            tlsConfig: { serverName: "hawser-metrics", ca: { secret: { name: "hawser-metrics-tls" } } },
          });
        const opened = objects
          .filter(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name.endsWith("-metrics-tls"))
          .flatMap(({ spec }) =>
            (spec as { ingress: { ports: { port: number }[] }[] }).ingress.flatMap(({ ports }) => ports),
          );
        for (const { hostNetwork = false, containers } of objects.flatMap((object) => podOf(object) ?? [])) {
          const [{ ports, env = [] } = { ports: [] }] = containers;
          const port = ports.find(({ name }) => name === "metrics-tls")?.containerPort;
          expect(env).toContainEqual({ name: "HAWSER_METRICS_TLS_PORT", value: String(port) });
          if (!hostNetwork) expect(opened.map((one) => one.port)).toContain(port);
        }
      }
    },
  );

  it.skipIf(!hasKubectl)("has the boards as a ConfigMap for the sidecar of Grafana", () => {
    const [boards, ...more] = kubectlKustomize(join(folder, "grafana"));
    expect(more).toEqual([]);
    const { data } = boards as Manifest & { readonly data: Readonly<Record<string, string>> };
    expect(boards?.metadata.labels).toHaveProperty("grafana_dashboard", "1");
    expect(Object.keys(data)).toEqual(["hawser-addresses.json", "hawser-ingress.json"]);
    // An object is at most 1 MiB, and an annotation of kubectl apply at most 256 KiB.
    expect(Object.values(data).join("").length).toBeLessThan(200_000);
  });

  it("has the same alerts with and without the operator", () => {
    const [rule] = readManifests(join(folder, "prometheus-rule.yaml"));
    expect(rule?.spec).toEqual(parse(readFileSync(join(folder, "prometheus/hawser.rules.yaml"), "utf8")));
  });

  const scrape = parse(readFileSync(join(folder, "prometheus/scrape.yaml"), "utf8")) as {
    readonly scrape_configs: readonly ScrapeJob[];
  };

  it("gives targets the same labels without the operator", () => {
    const [job] = scrape.scrape_configs;
    const labels = job?.relabel_configs.flatMap(({ target_label }) => target_label ?? []);
    expect(labels?.toSorted()).toEqual(
      Object.keys(targetLabels("ingress", 1))
        .filter((name) => name !== "instance")
        .toSorted(),
    );
  });

  it.skipIf(promtool === undefined)("has a job that Prometheus can read", () => {
    // Debian's promtool knows no Kubernetes: that part is checked above.
    const jobs = scrape.scrape_configs.map((job) => ({ ...job, kubernetes_sd_configs: undefined }));
    const { status, said } = runPromtool(["check", "config"], stringify({ scrape_configs: jobs }));
    expect([said.includes("SUCCESS"), status]).toEqual([true, 0]);
  });
});

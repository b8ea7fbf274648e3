import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { install } from "#lab/cluster/definition.ts";
import { monitorDefinitions, whyNoPrometheusOperator } from "#lab/prometheus-operator/build-prometheus-operator.ts";
import { config, type Manifest, readManifests } from "#test/config/kustomization.ts";

const reason = whyNoCluster() ?? whyNoPrometheusOperator();
if (reason !== undefined) console.log(`skipped, no API server with the Prometheus operator's definitions: ${reason}`);

const FILES = [
  "monitoring/pod-monitors.yaml",
  "monitoring/prometheus-rule.yaml",
  "service-monitors/service-monitors.yaml",
];

/** With each field that config/secure-metrics adds. */
function overTls({ spec, ...object }: Manifest): Manifest {
  const { podMetricsEndpoints, endpoints } = spec as Readonly<Record<string, readonly object[] | undefined>>;
  const tls = {
    scheme: "https",
    authorization: { credentials: { name: "hawser-metrics-reader", key: "token" } },
    tlsConfig: { serverName: "hawser-metrics", ca: { secret: { name: "hawser-metrics-tls", key: "ca.crt" } } },
  };
  const secured = (list: readonly object[]): readonly object[] => list.map((one) => ({ ...one, ...tls }));
  const read = podMetricsEndpoints === undefined ? {} : { podMetricsEndpoints: secured(podMetricsEndpoints) };
  return { ...object, spec: { ...(spec as object), ...read, ...(endpoints && { endpoints: secured(endpoints) }) } };
}

describe.skipIf(reason !== undefined)(
  "14 D monitors, by the Prometheus operator's own definitions on a real API server",
  () => {
    let directory: string;
    let cluster: Cluster;
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "hawser-monitors-"));
      cluster = await Cluster.start({ directory });
      await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name: "hawser-system" } } });
      for (const definition of monitorDefinitions()) await install(cluster, definition);
    });
    afterAll(async () => {
      await cluster?.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    const objects = FILES.flatMap((file) => readManifests(join(config, file))).filter(({ kind }) => kind !== "Service");
    const cases = [...objects, ...objects.filter(({ kind }) => kind !== "PrometheusRule").map(overTls)];
    const create = async (object: Manifest) => {
      const plural = `${object.kind.toLowerCase()}s`;
      const path = `/apis/monitoring.coreos.com/v1/namespaces/hawser-system/${plural}?fieldValidation=Strict&dryRun=All`;
      return cluster.api.request({ path, body: object });
    };

    it.each(cases.map((object, at) => ({ kind: object.kind, name: object.metadata.name, at, object })))(
      "$at takes $kind $name, and knows each field",
      async ({ object }) => {
        expect(await create(object)).toMatchObject({ status: 201 });
      },
    );

    it("would refuse a field that the operator does not have", async () => {
      const [first] = objects as [Manifest];
      const odd = { ...first, spec: { ...(first.spec as object), podMetricEndpoints: [] } };
      expect(await create(odd)).toMatchObject({ status: 400 });
    });
  },
);

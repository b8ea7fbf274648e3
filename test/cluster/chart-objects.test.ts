import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clusterProgram, whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { whyNoHelm } from "#lab/helm/build-helm.ts";
import { ways } from "#scripts/manifests/render.ts";
import { config, type Manifest, manifestsIn, nameOf, podOf } from "#test/config/kustomization.ts";
import { CHART, renderChart, runHelm } from "#test/support/helm.ts";
import { exposedWith, kubectlKustomize } from "#test/support/kubectl.ts";

const reason = whyNoCluster() ?? whyNoHelm();
if (reason !== undefined) console.log(`skipped, the chart is not rendered: ${reason}`);

/** Objects by name; where a variable, a port or a volume is in its list says nothing. */
function byName(objects: readonly Manifest[]): Readonly<Record<string, Manifest>> {
  const named = objects.map((object) => [nameOf(object), normal(object)] as const);
  expect(new Set(named.map(([name]) => name)).size).toBe(named.length);
  return Object.fromEntries(named);
}

interface Named {
  readonly name: string;
}

function normal(object: Manifest): Manifest {
  return JSON.parse(
    JSON.stringify(object, (key, value: unknown) =>
      ["env", "ports", "volumes", "volumeMounts"].includes(key) && Array.isArray(value)
        ? value.toSorted((one: Named, other: Named) => (one.name < other.name ? -1 : 1))
        : value,
    ),
  ) as Manifest;
}

const NOT_OF_THE_CHART = ["Namespace hawser-system"];
/** The image of config/, and no wish to keep the definition, which kustomize has no word for. */
const AS_CONFIG = { crds: { keep: false } };

const COMPONENTS = [
  { components: [], values: {} },
  { components: ["open-metrics"], values: { metrics: { open: true } } },
  {
    components: ["open-metrics", "monitoring"],
    values: { metrics: { open: true }, monitoring: monitored() },
  },
  {
    components: ["monitoring", "secure-metrics"],
    values: { metrics: { tls: { enabled: true } }, monitoring: monitored() },
  },
  {
    components: ["open-metrics", "monitoring", "service-monitors"],
    values: { metrics: { open: true }, monitoring: monitoredByServices() },
  },
  {
    components: ["monitoring", "service-monitors", "secure-metrics"],
    values: { metrics: { tls: { enabled: true } }, monitoring: monitoredByServices() },
  },
  { components: ["ui"], values: { controller: { ui: { enabled: true } } } },
  {
    components: ["ui", "ui-service"],
    values: { controller: { ui: { enabled: true, tls: { secretName: "hawser-ui-tls" } } } },
  },
  {
    components: ["monitoring", "secure-metrics", "ui", "ui-service"],
    values: {
      metrics: { tls: { enabled: true } },
      monitoring: monitored(),
      controller: { ui: { enabled: true, tls: { secretName: "hawser-ui-tls" } } },
    },
  },
];

function monitoredByServices(): object {
  return { serviceMonitors: { enabled: true }, prometheusRule: { enabled: true } };
}

/** Bound in namespaces that people name: the component leaves that to them. */
const IN_NAMESPACES = { ingress: { secretNamespaces: ["shop", "team-a"] } };

function monitored(): object {
  return { podMonitors: { enabled: true }, prometheusRule: { enabled: true } };
}

describe.skipIf(reason !== undefined)("charts/hawser, rendered", () => {
  const cases = ways.flatMap((way) => COMPONENTS.map((one) => ({ way, ...one })));

  it.each(cases)(
    "D is what kustomize makes of config/expose/$way with components $components, object by object",
    ({ way, components, values }) => {
      const theirs = exposedWith(way, components, clusterProgram("kubectl")).filter(
        (one) => !NOT_OF_THE_CHART.includes(nameOf(one)),
      );
      expect(theirs.length).toBeGreaterThan(15);
      expect(byName(renderChart({ expose: way, ...AS_CONFIG, ...values }))).toEqual(byName(theirs));
    },
  );

  it.each(ways)(
    "B lets the ingress read the Secrets of the namespaces that are named, and of no others, with %s",
    (way) => {
      const theirs = exposedWith(way, ["secrets-by-namespace"], clusterProgram("kubectl")).filter(
        (one) => !NOT_OF_THE_CHART.includes(nameOf(one)),
      );
      const ours = renderChart({ expose: way, ...AS_CONFIG, ...IN_NAMESPACES });
      const isBinding = ({ kind, metadata }: Manifest) =>
        kind === "RoleBinding" && metadata.name === "hawser-ingress-secrets";
      expect(byName(ours.filter((one) => !isBinding(one)))).toEqual(byName(theirs));
      const bindings = ours.filter(isBinding);
      expect(bindings.map(({ metadata }) => metadata.namespace)).toEqual(["shop", "team-a"]);
      for (const binding of bindings)
        expect(binding).toMatchObject({
          roleRef: { kind: "ClusterRole", name: "hawser-ingress-secrets" },
          subjects: [{ kind: "ServiceAccount", namespace: "hawser-system", name: "hawser-ingress" }],
        });
      const everywhere = theirs.filter(
        ({ kind, metadata }) => kind === "ClusterRole" && metadata.name === "hawser-ingress",
      );
      expect(JSON.stringify(everywhere)).not.toContain('"secrets"');
    },
  );

  it("D has the boards of config/monitoring/grafana", () => {
    const [theirs] = kubectlKustomize(join(config, "monitoring/grafana"), clusterProgram("kubectl"));
    const values = { monitoring: { dashboards: { enabled: true, namespace: "grafana" } } };
    const ours = renderChart(values).filter(
      ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "hawser-boards",
    );
    expect(ours).toEqual([{ ...theirs, metadata: { ...theirs?.metadata, namespace: "grafana" } }]);
  });

  it("D passes helm lint", () => {
    const { status, stdout } = runHelm(["lint", "--strict", CHART]);
    expect([status, stdout.match(/\[(?:ERROR|WARNING)\].*/g) ?? []]).toEqual([0, []]);
  });

  it.each([
    { what: "a misspelt name", values: { controler: { replicas: 3 } }, says: "controler" },
    { what: "a misspelt name inside", values: { speaker: { toleration: [] } }, says: "toleration" },
    { what: "a way that does not exist", values: { expose: "nodeport" }, says: "expose" },
    { what: "a digest that is a tag", values: { image: { digest: "0.1.0" } }, says: "digest" },
    { what: "a pool's name that is a number", values: { pools: [{ name: 1.1 }] }, says: "pools" },
    {
      what: "metrics for every namespace",
      values: { metrics: { namespaceLabels: { "hawser.dev/metrics": null } } },
      says: "namespaceLabels",
    },
    { what: "a negative number of replicas", values: { ingress: { replicas: -1 } }, says: "replicas" },
  ])("D refuses $what", ({ values, says }) => {
    const { status, stderr } = runHelm(["template", "hawser", CHART], values);
    expect([status, stderr]).toEqual([1, expect.stringContaining(says)]);
  });

  const images = (objects: readonly Manifest[]): readonly string[] => [
    ...new Set(objects.flatMap((object) => podOf(object)?.containers.map(({ image }) => image) ?? [])),
  ];

  it("D names the image by digest where one is given, and by tag elsewhere", () => {
    const digest = `sha256:${"0f".repeat(32)}`;
    const repository = "registry.example/hawser";
    expect(images(renderChart({ image: { repository, digest } }))).toEqual([`${repository}@${digest}`]);
    expect(images(renderChart({ image: { repository, tag: "0.1.0-abc" } }))).toEqual([`${repository}:0.1.0-abc`]);
  });

  it("D mounts a heartbeat Secret that exists, and then neither makes one nor asks for the right to", () => {
    const objects = renderChart({ heartbeat: { existingSecret: "keys" } });
    const text = JSON.stringify(objects);
    expect(text).toContain('"secretName":"keys"');
    expect(text).not.toContain("heartbeat-secret");
    const role = objects.find((one) => nameOf(one) === "Role hawser-system/hawser-controller");
    expect(role?.rules?.filter(({ resources }) => resources.includes("secrets"))).toEqual([]);
    const usual = renderChart({}).find((one) => nameOf(one) === "Role hawser-system/hawser-controller");
    expect(usual?.rules?.filter(({ resources }) => resources.includes("secrets"))).toHaveLength(1);
  });

  it("D owns no Secret, so that the heartbeat key survives upgrades", () => {
    expect(renderChart({}).filter(({ kind }) => kind === "Secret")).toEqual([]);
  });

  it("D has nothing of the ingress with expose: none", () => {
    const names = renderChart({ expose: "none" }).map(nameOf);
    expect(names.filter((name) => /ingress|httppolic/i.test(name))).toEqual([]);
    expect(names).toContain("DaemonSet hawser-system/hawser-speaker");
  });

  it("D names its own namespace everywhere, and tells the programs where it is not their default", () => {
    const objects = renderChart({ metrics: { tls: { enabled: true } }, monitoring: monitored() }, "lb");
    expect(JSON.stringify(objects)).not.toContain("hawser-system");
    const pods = objects.flatMap((object) => podOf(object) ?? []);
    for (const { containers } of pods)
      expect(containers[0]?.env).toContainEqual({ name: "HAWSER_NAMESPACE", value: "lb" });
    expect(pods).toHaveLength(3);
    expect(JSON.stringify(renderChart({}))).not.toContain("HAWSER_NAMESPACE");
  });

  it("D writes pools into the ConfigMap that the controller reads, and none without them", () => {
    const isPools = ({ kind, metadata }: Manifest): boolean => kind === "ConfigMap" && metadata.name === "hawser";
    const pool = { name: "default", protocol: "layer2", addresses: ["192.0.2.200-192.0.2.220"] };
    const [map] = renderChart({ pools: [pool] }).filter(isPools) as unknown as readonly { data: { config: string } }[];
    expect(manifestsIn(map?.data.config ?? "")).toEqual([{ "address-pools": [pool] }]);
    expect(renderChart({}).filter(isPools)).toEqual([]);
  });

  it("D hands what is said of a program to its pods", () => {
    const said = {
      podLabels: { team: "net" },
      podAnnotations: { note: "1" },
      priorityClassName: "high",
      nodeSelector: { rack: "b" },
      affinity: { podAntiAffinity: {} },
      extraArgs: ["--log-level=debug"],
      extraEnv: [{ name: "A", value: "b" }],
      resources: { limits: { memory: "1Gi" } },
      tolerations: [{ key: "k", operator: "Exists" }],
    };
    const objects = ways.flatMap((expose) => renderChart({ expose, controller: said, speaker: said, ingress: said }));
    const pods = objects.flatMap((object) => (podOf(object) === undefined ? [] : [object]));
    expect(pods).toHaveLength(9);
    for (const { spec } of pods) {
      expect(spec).toMatchObject({
        template: {
          metadata: { labels: { team: "net" }, annotations: { note: "1" } },
          spec: {
            priorityClassName: "high",
            nodeSelector: { rack: "b", "kubernetes.io/os": "linux" },
            affinity: { podAntiAffinity: {} },
            tolerations: said.tolerations,
            containers: [
              {
                args: expect.arrayContaining(["--log-level=debug"]) as unknown,
                env: expect.arrayContaining([{ name: "A", value: "b" }]) as unknown,
                resources: { limits: { memory: "1Gi" } },
              },
            ],
          },
        },
      });
    }
  });

  it("D gives controller, speaker and the ingress' Service a class of Services", () => {
    const objects = renderChart({ loadBalancerClass: "hawser.dev/edge" });
    const option = "--load-balancer-class=hawser.dev/edge";
    const withOption = objects.filter((object) => podOf(object)?.containers[0]?.args.includes(option));
    expect(withOption.map(({ metadata }) => metadata.name).sort()).toEqual(["hawser-controller", "hawser-speaker"]);
    const service = objects.find(({ kind }) => kind === "Service");
    expect(service?.spec).toMatchObject({ loadBalancerClass: "hawser.dev/edge" });
  });
});

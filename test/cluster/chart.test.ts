import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { clusterProgram, whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { helmProgram, whyNoHelm } from "#lab/helm/build-helm.ts";
import { mustRun } from "#lab/rack/run-command.ts";
import { ways } from "#scripts/manifests/render.ts";
import { type Manifest, nameOf } from "#test/config/kustomization.ts";
import { root } from "#test/docs/page.ts";
import { helmHomes, renderChart } from "#test/support/helm.ts";

const reason = whyNoCluster() ?? whyNoHelm();
if (reason !== undefined) console.log(`skipped, no chart can be installed here: ${reason}`);

const KINDS =
  "customresourcedefinition,deployment,daemonset,service,networkpolicy,poddisruptionbudget,clusterrole,clusterrolebinding,role,rolebinding,serviceaccount,ingressclass";

/** All that can be switched on, but for kinds of the Prometheus operator, whose definitions this API server does not have. */
const EVERYTHING = {
  metrics: { open: true, tls: { enabled: true } },
  monitoring: { dashboards: { enabled: true } },
  pools: [{ name: "default", protocol: "layer2", addresses: ["192.0.2.200-192.0.2.220"] }],
  loadBalancerClass: "hawser.dev/edge",
  ingressClass: { isDefault: true },
  imagePullSecrets: [{ name: "registry" }],
  ...Object.fromEntries(
    ["controller", "speaker", "ingress"].map((program) => [
      program,
      {
        podLabels: { team: "net" },
        podAnnotations: { note: "1" },
        affinity: { nodeAffinity: {} },
        tolerations: [{ key: "k", operator: "Exists" }],
        extraArgs: ["--log-level=debug"],
        extraEnv: [{ name: "A", value: "b" }],
      },
    ]),
  ),
};

describe.skipIf(reason !== undefined)("charts/hawser on a real API server", () => {
  let directory: string;
  let cluster: Cluster;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-chart-"));
    cluster = await Cluster.start({ directory });
    await kubectl("create", "namespace", "hawser-system");
  });
  afterAll(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function kubectl(...args: readonly string[]): Promise<string> {
    return mustRun("kubectl", [clusterProgram("kubectl"), `--kubeconfig=${cluster.kubeconfigFile}`, ...args]);
  }

  function helm(...args: readonly string[]): Promise<string> {
    const environment = Object.entries({ ...helmHomes(directory), KUBECONFIG: cluster.kubeconfigFile });
    const variables = environment.map(([name, value]) => `${name}=${value}`);
    return mustRun("helm", [
      "env",
      `--chdir=${root}`,
      ...variables,
      helmProgram(),
      "--namespace=hawser-system",
      ...args,
    ]);
  }

  /** `Service hawser-system/hawser-ingress`, of all objects of Hawser that there are. */
  async function installed(): Promise<readonly string[]> {
    const selector = "--selector=app.kubernetes.io/name=hawser";
    const text = await kubectl("--namespace=hawser-system", "get", KINDS, selector, "--output=json");
    return (JSON.parse(text) as { items: readonly Manifest[] }).items.map(nameOf).sort();
  }

  const expected = (expose: string): readonly string[] => renderChart({ expose }).map(nameOf).sort();

  it.each([...ways, "none"])(
    "D the API server takes each object of the chart with all values set: %s",
    async (expose) => {
      const objects = renderChart({ expose, ...EVERYTHING });
      const file = join(directory, "objects.yaml");
      writeFileSync(file, objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join("---\n"));
      const flags = ["--server-side", "--dry-run=server", "--validate=strict", `--filename=${file}`];
      const said = await kubectl("apply", ...flags);
      expect(said.match(/serverside-applied \(server dry run\)/g)).toHaveLength(objects.length);
    },
  );

  it("D O13 the way of exposing can be changed by helm upgrade, and leaves nothing behind", async () => {
    await helm("install", "hawser", "charts/hawser");
    expect(await installed()).toEqual(expected("deployment-loadbalancer"));
    const changes = ["daemonset-hostnetwork", "deployment-nodeport", "none", "deployment-loadbalancer"];
    for (const way of [...changes, "deployment-nodeport", "daemonset-hostnetwork", "deployment-loadbalancer"]) {
      await helm("upgrade", "hawser", "charts/hawser", `--set=expose=${way}`);
      const kept = way === "none" ? ["CustomResourceDefinition httppolicies.hawser.dev"] : [];
      expect(await installed(), way).toEqual([...kept, ...expected(way)].sort());
    }
  });

  it("D takes over what kubectl apply installed, by the command of docs/helm.md, and replaces no pod for it", async () => {
    await helm("uninstall", "hawser");
    await kubectl("apply", "--kustomize", join(root, "config/expose/deployment-loadbalancer"));
    const pods = (): Promise<string> =>
      kubectl(
        "--namespace=hawser-system",
        "get",
        "deployment,daemonset",
        "--output=jsonpath={.items[*].spec.template}",
      );
    const before = await pods();
    await helm("install", "hawser", "charts/hawser", "--take-ownership", "--force-conflicts");
    expect(before).toContain('"hawser-controller"');
    expect(await pods()).toBe(before);
  });

  it("D leaves the kind HTTPPolicy when it is uninstalled, and nothing else that it created", async () => {
    await helm("uninstall", "hawser");
    expect(await installed()).toEqual(["CustomResourceDefinition httppolicies.hawser.dev"]);
    await helm("install", "hawser", "charts/hawser", "--set=crds.keep=false");
    await helm("uninstall", "hawser");
    expect(await installed()).toEqual([]);
  });
});

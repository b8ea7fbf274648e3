import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { type Definition, install as installDefinition } from "#lab/cluster/definition.ts";
import { startCommand } from "#test/cli/run-cli.ts";
import { config, type Manifest, nameOf, readManifests } from "#test/config/kustomization.ts";
import { eventually } from "#test/support/eventually.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const CONTROLLER = fileURLToPath(new URL("../../controller/main.ts", import.meta.url));
const NAMESPACE = "hawser-system";
const SECRET = `/api/v1/namespaces/${NAMESPACE}/secrets/hawser-heartbeat`;

/** Where the API server keeps each kind that config/ has. */
const PATHS: Readonly<Record<string, string>> = {
  ClusterRole: "clusterroles",
  ClusterRoleBinding: "clusterrolebindings",
  ConfigMap: "configmaps",
  CustomResourceDefinition: "customresourcedefinitions",
  DaemonSet: "daemonsets",
  Deployment: "deployments",
  HTTPPolicy: "httppolicies",
  Ingress: "ingresses",
  IngressClass: "ingressclasses",
  Namespace: "namespaces",
  NetworkPolicy: "networkpolicies",
  PodDisruptionBudget: "poddisruptionbudgets",
  Role: "roles",
  RoleBinding: "rolebindings",
  Secret: "secrets",
  Service: "services",
  ServiceAccount: "serviceaccounts",
};

const GLOBAL = ["ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass", "Namespace"];

describe.skipIf(reason !== undefined)("the manifests of config/ on a real API server", () => {
  let directory: string;
  let cluster: Cluster;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-manifests-"));
    cluster = await Cluster.start({ directory });
    await apply(...install.filter(({ kind }) => kind === "Namespace"));
    for (const one of install.filter(({ kind }) => kind === "CustomResourceDefinition"))
      await installDefinition(cluster, one as unknown as Definition);
  });
  afterAll(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const install = readManifests(join(config, "deployment-loadbalancer.yaml"));

  async function apply(...manifests: readonly Manifest[]): Promise<void> {
    for (const manifest of manifests) await send(manifest, "force=true");
  }

  async function send(manifest: Manifest, query: string): Promise<void> {
    const { apiVersion, kind, metadata } = manifest;
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const isGlobal = GLOBAL.includes(kind);
    const where = isGlobal ? "" : `/namespaces/${metadata.namespace ?? "default"}`;
    const path = `${group}${where}/${PATHS[kind]}/${metadata.name}?fieldManager=test&fieldValidation=Strict&${query}`;
    const contentType = "application/apply-patch+yaml";
    await cluster.api.must({ method: "PATCH", path, body: manifest, contentType });
  }

  const files = readdirSync(config, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yaml") && !name.endsWith("kustomization.yaml"))
    // Objects of the Prometheus operator alone, and files of Prometheus.
    .filter((name) => !name.startsWith("monitoring/"))
    .sort();
  it.each(files)("takes %s, every field of it", async (file) => {
    // This API server does not have the operator's kinds; monitors.test.ts gives them to one that does.
    const manifests = readManifests(join(config, file)).filter(
      ({ apiVersion }) => !apiVersion.startsWith("monitoring.coreos.com/"),
    );
    expect(manifests.length).toBeGreaterThan(0);
    for (const manifest of manifests)
      await expect(send(manifest, "dryRun=All&force=true"), nameOf(manifest)).resolves.toBeUndefined();
  });

  it("lets the controller make the heartbeat Secret, once, and read no Secret", async () => {
    await apply(...install.filter(({ kind }) => /^(?:ServiceAccount|(?:Cluster)?Role(?:Binding)?)$/.test(kind)));
    const token = await cluster.serviceAccountToken(NAMESPACE, "hawser-controller");
    const kubeconfig = join(directory, "controller.kubeconfig");
    cluster.writeKubeconfig(kubeconfig, { token });
    const start = () => {
      const args = ["--kubeconfig", kubeconfig, "--heartbeat-secret=hawser-heartbeat", "--admin-port=0"];
      const running = startCommand(process.execPath, [CONTROLLER, ...args]);
      onTestFinished(async () => {
        running.child.kill();
        await running.ended;
      });
      return running;
    };
    await Promise.all([start(), start()].map((running) => running.says(/"msg":"ready"/)));
    const key = async (): Promise<string> => {
      const { data } = await cluster.api.must<{ data: { key: string } }>({ path: SECRET });
      return Buffer.from(data.key, "base64").toString();
    };
    const made = await vi.waitFor(key, eventually);
    expect(Buffer.from(made.trimEnd(), "base64")).toHaveLength(32);

    const third = start();
    await third.says(/"msg":"ready"/);
    third.child.kill();
    expect((await third.ended).stdout).not.toContain("heartbeat Secret");
    expect(await key()).toBe(made);
    expect((await cluster.api.request({ path: SECRET, token })).status).toBe(403);
  });
});

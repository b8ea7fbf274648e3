// kubectl finds the plug-in in PATH and runs it as `kubectl hawser`, from an empty folder with nothing installed.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { API_SERVER_NAME } from "#lab/cluster/cluster-api.ts";
import { applyManifests, applyObjects } from "#lab/cluster/apply-manifests.ts";
import { clusterProgram, whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { buildExecutable } from "#scripts/plugin/build-executable.ts";
import { bundlePlugin } from "#scripts/plugin/bundle-plugin.ts";
import { createLogger } from "#src/process/log.ts";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import type { Source } from "#src/source/source.ts";
import type { StatusView } from "#src/view/status-view.ts";
import { config, readManifests } from "#test/config/kustomization.ts";
import { root } from "#test/docs/page.ts";
import { grantRights } from "./grant-rights.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const NAMESPACE = "hawser-system";
/** What a download may have. */
const MAX_ARCHIVE_BYTES = 60_000_000;
const SLOW = 180_000;

const objects = `
apiVersion: v1
kind: ConfigMap
metadata: { name: hawser, namespace: ${NAMESPACE} }
data: { config: "address-pools: [{ name: default, protocol: layer2, addresses: [192.0.2.0/29] }]" }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: hawser }
spec: { controller: hawser.dev/ingress }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  ingressClassName: hawser
  tls: [{ hosts: [shop.example], secretName: shop-tls }]
  rules: [{ host: shop.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`;

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe.skipIf(reason !== undefined)("C kubectl hawser on a real API server", () => {
  let directory: string;
  let cluster: Cluster;
  let programs: Source;
  /** Folders that are all of PATH: kubectl, and the plug-in as an executable of its own, or as a script with a Node. */
  const folders = { executable: "", script: "" };
  let accounts: Readonly<Record<"controller" | "speaker", string>>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-plug-in-"));
    mkdirSync(join(directory, "empty"));
    const script = await bundlePlugin(root);
    for (const name of ["executable", "script"] as const) {
      folders[name] = join(directory, name);
      mkdirSync(folders[name]);
      copyFileSync(clusterProgram("kubectl"), join(folders[name], "kubectl"));
    }
    buildExecutable(script, join(folders.executable, "kubectl-hawser"));
    writeFileSync(join(folders.script, "kubectl-hawser"), script.replace("/usr/bin/env node", process.execPath));
    chmodSync(join(folders.script, "kubectl-hawser"), 0o755);
    cluster = await Cluster.start({
      directory,
      users: [{ name: "viewer" }],
      controllerManager: true,
      // Beside those of the lab: it adds the rules of hawser-view to view.
      controllerManagerFlags: ["--controllers=clusterrole-aggregation-controller"],
    });
    accounts = await grantRights(cluster, directory, ["controller", "speaker"]);
    await applyManifests(cluster.api, objects);
    const definitions = readManifests(join(config, "deployment-loadbalancer.yaml"));
    const kinds = definitions.filter(({ kind }) => kind === "CustomResourceDefinition");
    await applyObjects(cluster.api, kinds);
    await writeAsPrograms();
  }, SLOW);
  afterAll(async () => {
    await programs.close();
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  /** What a controller and a speaker write. */
  async function writeAsPrograms(): Promise<void> {
    const read = readKubeconfig(cluster.kubeconfigFile);
    if (!read.ok) throw new Error("no kubeconfig");
    const log = createLogger({ component: "test", level: "silent" });
    const component = "hawser-controller";
    programs = openKubernetesSource({ config: read.value, namespace: NAMESPACE, component, log });
    await programs.open(["Service"], { onChange: () => undefined, onProblems: () => undefined });
    await new Promise<void>((resolve) => void programs.lead(component, (leads) => leads && resolve()));
    const web = { kind: "Service", namespace: "shop", name: "web" } as const;
    await programs.patch(web, { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } });
    await programs.report("speaker-n1", { node: "n1", ready: true, announcing: ["192.0.2.1"], members: [] });
    const at = "2026-11-28T12:00:00.000Z";
    const holdings = [{ at, change: "assigned", address: "192.0.2.1", service: "shop/web" }];
    await programs.report("hawser-history", { holdings, announcements: [] }, { topic: "history" });
  }

  /** Runs kubectl with nothing else in PATH, in an empty folder. */
  function kubectl(folder: string, kubeconfig: string, args: readonly string[]): Ran {
    const env = { PATH: folder, HOME: join(directory, "empty"), KUBECONFIG: kubeconfig };
    const { status, stdout, stderr } = spawnSync(join(folder, "kubectl"), args, {
      cwd: join(directory, "empty"),
      env,
      encoding: "utf8",
    });
    return { code: status, stdout, stderr };
  }

  /** What is in the archive that `kubectl hawser collect` writes. */
  function collect(kubeconfig: string): { readonly code: number | null; readonly all: string } {
    const archive = join(directory, "report.tar.gz");
    const { code } = kubectl(folders.executable, kubeconfig, ["hawser", "collect", "-o", archive]);
    const { stdout } = spawnSync("tar", ["-xzOf", archive], { encoding: "utf8", maxBuffer: 1 << 28 });
    return { code, all: stdout };
  }

  it.each(["executable", "script"] as const)("as %s: status, from an empty folder", (name) => {
    const { code, stdout, stderr } = kubectl(folders[name], cluster.kubeconfigFile, ["hawser", "status"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^NOT SERVED: 1 of 1 Services. kubectl hawser explain shop\/web says why.$/m);
    expect(stdout).toMatch(/^shop\/web +192\.0\.2\.1 +default +n1\?? /m);
    expect(readdirSync(join(directory, "empty")).filter((one) => !one.startsWith("."))).toEqual([]);
  });

  it.each(["executable", "script"] as const)("as %s: usage and messages say kubectl hawser", (name) => {
    const run = (...args: readonly string[]): Ran =>
      kubectl(folders[name], cluster.kubeconfigFile, ["hawser", ...args]);
    expect(run("--help").stdout).toMatch(/^Usage: kubectl hawser COMMAND/);
    expect(run("pools", "--help").stdout).toMatch(/^Usage: kubectl hawser pools/);
    expect(run("sttus").stderr).toBe(
      'kubectl hawser: unknown command "sttus". Did you mean status?\nSee kubectl hawser --help\n',
    );
    expect(run("version").stdout).toMatch(/^hawser \d+\.\d+\.\d+\nnode v/);
  });

  it("the executable is small enough as an archive", () => {
    const archive = join(directory, "plug-in.tar.gz");
    const made = spawnSync("tar", ["-czf", archive, "-C", folders.executable, "kubectl-hawser"]);
    expect(made.status).toBe(0);
    expect(statSync(archive).size).toBeLessThan(MAX_ARCHIVE_BYTES);
  });

  it("logs in by the program that the kubeconfig names", () => {
    const status = { token: cluster.adminToken };
    const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
    const login = join(directory, "login");
    writeFileSync(login, `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`, { mode: 0o755 });
    const file = join(directory, "exec.kubeconfig");
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: login, interactiveMode: "Never" };
    const kubeconfig = JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
      clusters: [
        {
          name: "k",
          cluster: { server: cluster.url, "certificate-authority": cluster.caFile, "tls-server-name": API_SERVER_NAME },
        },
      ],
      users: [{ name: "u", user: { exec } }],
    });
    writeFileSync(file, kubeconfig);
    const { code, stderr } = kubectl(folders.executable, file, ["hawser", "status"]);
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("kubectl completes it by kubectl_complete-hawser", () => {
    const script = kubectl(folders.script, cluster.kubeconfigFile, ["hawser", "completion", "kubectl"]).stdout;
    writeFileSync(join(folders.script, "kubectl_complete-hawser"), script, { mode: 0o755 });
    const complete = (...words: readonly string[]): readonly string[] =>
      kubectl(folders.script, cluster.kubeconfigFile, ["__complete", "hawser", ...words]).stdout.split("\n");
    expect(complete("sta")[0]).toMatch(/^status\t/);
    expect(complete("status", "-o", "y")[0]).toBe("yaml");
  });

  describe("a person with the ClusterRole view", () => {
    let file: string;
    beforeAll(async () => {
      file = join(directory, "viewer.kubeconfig");
      cluster.writeKubeconfig(file, { token: cluster.tokenOf("viewer") });
      await cluster.api.must({
        path: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        body: {
          metadata: { name: "viewer" },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
          subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "viewer" }],
        },
      });
      // The controller-manager adds the rules of hawser-view to it.
      await vi.waitFor(() => expect(run("status", "-o", "json")).toMatchObject({ code: 0, stderr: "" }), {
        timeout: 60_000,
        interval: 500,
      });
    }, SLOW);

    function run(...args: readonly string[]): Ran {
      return kubectl(folders.executable, file, ["hawser", ...args]);
    }

    it.each([
      { args: ["status"], code: 0, says: /shop\/web +192\.0\.2\.1/ },
      { args: ["explain", "shop/web"], code: 1, says: /^ok +address/m },
      { args: ["pools"], code: 0, says: /^default +IPv4 +\d+ +1 /m },
      { args: ["routes"], code: 0, says: /shop\.example +\/ +Prefix +shop\/shop +shop\/web:80/ },
      { args: ["history", "shop/web"], code: 0, says: /assigned +192\.0\.2\.1 +to shop\/web/ },
      { args: ["certs"], code: 0, says: /^\? +shop\.example +\?/m },
    ])("can run $args, and what Secrets would say is unknown", ({ args, code, says }) => {
      const { stderr, ...ran } = run(...args);
      expect([ran.code, stderr]).toEqual([code, ""]);
      expect(ran.stdout).toMatch(says);
    });

    it("can collect a report, in which the Secrets are named as missing", () => {
      const { code, all } = collect(file);
      expect(code).toBe(0);
      expect(all).toContain('cannot list resource "secrets"');
      expect(all).toContain("hawser explain shop/web says why");
    });

    it("can read no Secret", async () => {
      const token = cluster.tokenOf("viewer");
      expect((await cluster.api.request({ path: "/api/v1/secrets", token })).status).toBe(403);
    });
  });

  it("collect has the objects of a real cluster, and no data of a Secret", async () => {
    const secret = { metadata: { name: "planted" }, stringData: { key: "planted-in-a-secret" } };
    await cluster.api.must({ path: `/api/v1/namespaces/${NAMESPACE}/secrets`, body: secret });
    const { code, all } = collect(cluster.kubeconfigFile);
    expect(code).toBe(0);
    expect(all).toContain('"name":"planted"');
    expect(all).not.toContain("planted-in-a-secret");
    expect(all).not.toContain(Buffer.from("planted-in-a-secret").toString("base64"));
    expect(all).toContain("192.0.2.1");
  });

  it("with the ServiceAccount of the controller's pod status shows all but pods, endpoints and Events", () => {
    const { code, stdout } = kubectl(folders.executable, accounts.controller, ["hawser", "status", "-o", "json"]);
    expect([code, (JSON.parse(stdout) as StatusView).unknown]).toEqual([1, ["endpoints", "pods", "events"]]);
  });
});

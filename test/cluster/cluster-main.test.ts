import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { kubernetesVersion, whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { ClusterApi } from "#lab/cluster/cluster-api.ts";
import { RackProcess } from "#lab/rack/rack-process.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/cluster.js", import.meta.url));
/** From nothing to ready, on a loaded machine. */
const READY_TIMEOUT_MS = 60_000;

interface Kubeconfig {
  readonly clusters: [{ readonly cluster: { readonly server: string; readonly "certificate-authority-data": string } }];
  readonly users: [{ readonly user: { readonly token: string } }];
}

/** A client with nothing but a kubeconfig, as kubectl has it. */
function clientOf(kubeconfig: string, caFile: string): ClusterApi {
  const { clusters, users } = parse(readFileSync(kubeconfig, "utf8")) as Kubeconfig;
  const { server, "certificate-authority-data": authority } = clusters[0].cluster;
  writeFileSync(caFile, Buffer.from(authority, "base64"));
  const { hostname, port } = new URL(server);
  return new ClusterApi({ end: { host: hostname, port: Number(port) }, caFile, token: users[0].user.token });
}

describe.skipIf(whyNoCluster() !== undefined)("npm run cluster", () => {
  it("starts the cluster to see that it works, and ends", async () => {
    const checked = new RackProcess({ name: "cluster", command: [process.execPath, SCRIPT] });
    await checked.waitForLine(
      new RegExp(`^Kubernetes ${kubernetesVersion()} is ready after [0-9.]+ s`),
      READY_TIMEOUT_MS,
    );
    expect(await checked.exited).toBe(0);
  });

  it("-- --keep leads to it from outside of its namespaces by the kubeconfig it names, until Ctrl-C", async () => {
    const kept = new RackProcess({ name: "cluster", command: [process.execPath, SCRIPT, "--keep"] });
    const line = await kept.waitForLine(/KUBECONFIG=/, READY_TIMEOUT_MS);
    const kubeconfig = line.slice(line.indexOf("=") + 1);
    const folder = mkdtempSync(join(tmpdir(), "hawser-kubeconfig-"));
    const api = clientOf(kubeconfig, join(folder, "ca.crt"));
    expect(await api.must({ path: "/api/v1/namespaces/default" })).toMatchObject({ metadata: { name: "default" } });
    api.close();
    rmSync(folder, { recursive: true });
    expect(await kept.kill("SIGINT")).toBe(0);
    expect(existsSync(dirname(kubeconfig))).toBe(false);
  });
});

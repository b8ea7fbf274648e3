// Metrics over TLS: who may read them, by the API server's word and with the rights of config/secure-metrics alone.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runController } from "#controller/run-controller.ts";
import { applyObjects } from "#lab/cluster/apply-manifests.ts";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { config, readManifests } from "#test/config/kustomization.ts";
import { eventually } from "#test/support/eventually.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { type TestIo, testIo } from "#test/support/program-io.ts";
import { grantRights } from "./grant-rights.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const NAMESPACE = "hawser-system";
const NAME = "hawser-metrics";

describe.skipIf(reason !== undefined)("metrics over TLS on a real API server", () => {
  let directory: string;
  let cluster: Cluster;
  let kubeconfig: string;
  let authority: string;
  const running: { readonly io: TestIo; readonly ended: Promise<number> }[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-metrics-tls-"));
    cluster = await Cluster.start({ directory });
    const files = await grantRights(cluster, directory, ["controller"]);
    kubeconfig = files.controller;
    const day = 86_400_000;
    const validity = { fromMs: Date.now() - day, toMs: Date.now() + day };
    const issued = issueCertificate({ commonName: NAME, names: [NAME], keyType: "ec", ...validity });
    authority = issued.certificatePem;
    writeFileSync(join(directory, "tls.crt"), issued.certificatePem);
    writeFileSync(join(directory, "tls.key"), issued.privateKeyPem);
  });
  afterAll(async () => {
    for (const { io } of running) io.signal("SIGTERM");
    await Promise.all(running.map(async ({ ended }) => ended));
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  /** Starts a controller. Resolves with its ports: that of the metrics, and the admin port. */
  async function startController(): Promise<{ readonly metrics: number; readonly admin: number; readonly io: TestIo }> {
    const io = testIo();
    const tls = ["--metrics-tls-port=0", `--metrics-tls-cert-file=${join(directory, "tls.crt")}`];
    const options = [...tls, `--metrics-tls-key-file=${join(directory, "tls.key")}`, "--metrics-tls-address=127.0.0.1"];
    const args = [`--kubeconfig=${kubeconfig}`, "--admin-address=127.0.0.1", "--admin-port=0", ...options];
    running.push({ io, ended: runController(args, io) });
    const portOf = async (name: string): Promise<number> =>
      vi.waitFor(() => {
        const line = io.logged().find(({ listener, msg }) => listener === name && msg === "listening");
        expect(line).toBeDefined();
        return line?.["port"] as number;
      }, eventually);
    return { metrics: await portOf("metrics"), admin: await portOf("admin"), io };
  }

  async function scrape(port: number, token?: string): Promise<{ readonly status: number; readonly body: string }> {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const options = {
      host: "127.0.0.1",
      port,
      path: "/metrics",
      headers,
      agent: false,
      ca: authority,
      servername: NAME,
    };
    return ask((done) => httpsRequest(options, done));
  }

  async function ask(send: (done: (response: IncomingMessage) => void) => ClientRequest) {
    return new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
      send((response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => (body += text));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      })
        .on("error", reject)
        .end();
    });
  }

  async function grantReview(): Promise<void> {
    await applyObjects(cluster.api, readManifests(join(config, "secure-metrics/rights.yaml")));
  }

  it("is closed while the program may not ask who comes, and says so once", async () => {
    const { metrics, io } = await startController();
    const token = await cluster.serviceAccountToken(NAMESPACE, "hawser-metrics-reader");
    for (const shown of [token, token, cluster.adminToken]) expect((await scrape(metrics, shown)).status).toBe(503);
    const said = io.logged().filter(({ msg }) => String(msg).startsWith("cannot find out who may read the metrics"));
    expect(said).toHaveLength(1);
    expect(JSON.stringify(said)).toContain("tokenreviews");
  });

  it("lets the reader of config/secure-metrics in, and others only with that right", async () => {
    await grantReview();
    const { metrics } = await startController();
    const reader = await cluster.serviceAccountToken(NAMESPACE, "hawser-metrics-reader");
    const stranger = await cluster.serviceAccountToken(NAMESPACE, "hawser-speaker");
    // The API server learns of rights with a delay.
    const answer = await vi.waitFor(async () => {
      const one = await scrape(metrics, reader);
      expect(one.status).toBe(200);
      return one;
    }, eventually);
    expect(answer.body).toMatch(/^hawser_build_info\{component="controller"/m);
    expect((await scrape(metrics, cluster.adminToken)).status).toBe(200);
    expect((await scrape(metrics, stranger)).status).toBe(403);
    expect((await scrape(metrics, "forged")).status).toBe(401);
    expect((await scrape(metrics)).status).toBe(401);
  });

  it("leaves probes open, and has no metrics beside them", async () => {
    const { admin } = await startController();
    const answers = ["/healthz", "/readyz", "/metrics"].map(async (path) =>
      ask((done) => httpRequest({ host: "127.0.0.1", port: admin, path, agent: false }, done)),
    );
    const [healthy, ready, metrics] = await Promise.all(answers);
    expect(healthy?.status).toBe(200);
    expect([200, 503]).toContain(ready?.status);
    expect(metrics?.status).toBe(404);
  });
});

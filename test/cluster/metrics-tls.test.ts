// Metrics over TLS, and the page of the controller: who may read them, by the API server's word and with the rights of config/secure-metrics
// and config/ui alone.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WatchedCluster } from "#controller/ui/watched-cluster.ts";
import { runController } from "#controller/run-controller.ts";
import { applyObjects } from "#lab/cluster/apply-manifests.ts";
import { clusterProgram, whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { createLogger } from "#src/process/log.ts";
import { apiConfig } from "#src/source/open-source.ts";
import { applyChanges, type PageChanges } from "#src/view/page/page-changes.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { config, readManifests } from "#test/config/kustomization.ts";
import { eventually } from "#test/support/eventually.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { exposedWith } from "#test/support/kubectl.ts";
import { askPage, followPage } from "#test/support/page-server.ts";
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
    const tls = ["--metrics-tls-port=0", `--metrics-tls-cert-file=${join(directory, "tls.crt")}`];
    const options = [...tls, `--metrics-tls-key-file=${join(directory, "tls.key")}`, "--metrics-tls-address=127.0.0.1"];
    const { io, portOf } = run(options);
    return { metrics: await portOf("metrics"), admin: await portOf("admin"), io };
  }

  /** Runs a controller with these options; `portOf` resolves with the port of one of its listeners. */
  function run(options: readonly string[]): { readonly io: TestIo; portOf(name: string): Promise<number> } {
    const io = testIo();
    const args = [`--kubeconfig=${kubeconfig}`, "--admin-address=127.0.0.1", "--admin-port=0", ...options];
    running.push({ io, ended: runController(args, io) });
    const portOf = async (name: string): Promise<number> =>
      vi.waitFor(() => {
        const line = io.logged().find(({ listener, msg }) => listener === name && msg === "listening");
        expect(line).toBeDefined();
        return line?.["port"] as number;
      }, eventually);
    return { io, portOf };
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

  it("14 A the page of the controller is closed to all while the controller may not ask who comes, and its files are open", async () => {
    const url = `http://127.0.0.1:${await run(["--ui-port=0"]).portOf("ui")}/`;
    const headers = { authorization: `Bearer ${cluster.adminToken}` };
    expect((await askPage(url)).status).toBe(200);
    for (const path of ["about", "stream", "explain?subject=default/web"])
      expect((await askPage(url + path, { headers })).status).toBe(503);
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

  describe("14 A the page of the controller", () => {
    let url: string;
    let io: TestIo;
    const viewer = async (): Promise<string> => cluster.serviceAccountToken(NAMESPACE, "viewer");
    const get = async (path: string, token?: string) =>
      askPage(url + path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

    beforeAll(async () => {
      const started = run(["--ui-port=0"]);
      io = started.io;
      url = `http://127.0.0.1:${await started.portOf("ui")}/`;
    });

    it("takes config/ui and config/ui-service as they are rendered", async () => {
      const objects = exposedWith("deployment-loadbalancer", ["ui", "ui-service"], clusterProgram("kubectl"));
      await applyObjects(cluster.api, objects);
      expect(objects.filter(({ metadata }) => metadata.name === "hawser-ui").map(({ kind }) => kind)).toEqual([
        "Role",
        "ClusterRole",
        "RoleBinding",
        "ClusterRoleBinding",
        "Service",
        "NetworkPolicy",
      ]);
    });

    it("is for a ServiceAccount that hawser-ui-viewer is bound to, and for no other", async () => {
      const bound = await viewer();
      const unbound = await cluster.serviceAccountToken(NAMESPACE, "passer-by");
      await cluster.api.must({
        path: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        body: {
          metadata: { name: "viewer" },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "hawser-ui-viewer" },
          subjects: [{ kind: "ServiceAccount", namespace: NAMESPACE, name: "viewer" }],
        },
      });
      // The API server learns of rights with a delay, and a refusal counts for 10 seconds.
      await vi.waitFor(async () => expect((await get("about", bound)).status).toBe(200), eventually);
      expect(await get("about", unbound)).toMatchObject({ status: 403, body: /hawser-ui-viewer/ as never });
      expect((await get("about", "forged")).status).toBe(401);
      expect((await get("about")).status).toBe(401);
    });

    it("shows all that hawser status shows, and what changes, with the rights of config/ui", async () => {
      await cluster.api.must({
        path: "/api/v1/namespaces/default/services",
        body: { metadata: { name: "web" }, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } },
      });
      const headers = { authorization: `Bearer ${await viewer()}` };
      const seen: PageView[] = [];
      for await (const { event, data } of followPage({ url }, headers)) {
        const before = seen.at(-1);
        if (event === "page") seen.push(data["view"] as PageView);
        if (event === "changes" && before !== undefined)
          seen.push(applyChanges(before, data as unknown as PageChanges));
        const view = seen.at(-1);
        if (event === "blind") throw new Error(JSON.stringify(data));
        // Routes are looked at beside all else.
        if (view?.addresses.some(({ service }) => service === "default/web") && !view.unknown.includes("routes")) break;
      }
      const view = seen.at(-1);
      expect(view?.unknown).toEqual([]);
      expect(view?.strip).toMatchObject({ services: { pending: 2 }, leader: { leads: true } });
      const explained = JSON.parse((await get("explain?subject=default/web", headers.authorization.slice(7))).body) as {
        readonly steps: readonly object[];
      };
      expect(explained.steps.length).toBeGreaterThan(2);
      expect(io.logged().filter(({ level }) => level === "error")).toEqual([]);
    });

    it("watches from the first look on until a while after the last one, and again at the next one", async () => {
      await using watched = await watch(kubeconfig, 300);
      expect(watched.isWatching).toBe(false);
      for (const _ of [1, 2]) {
        expect(await watched.look()).toMatchObject({ ok: true, value: { problems: [] } });
        expect(watched.isWatching).toBe(true);
        await vi.waitFor(() => expect(watched.isWatching).toBe(false), eventually);
      }
    });

    it("sees nothing, and says why, with an account that may read nothing", async () => {
      const file = join(directory, "viewer.kubeconfig");
      cluster.writeKubeconfig(file, { token: await viewer() });
      await using watched = await watch(file, 60_000);
      const looked = await watched.look();
      const [problem] = looked.ok ? [] : looked.problems;
      expect([looked.ok, problem?.code]).toEqual([false, "API_ACCESS_REFUSED"]);
      expect(await watched.seeRoutes()).toBeUndefined();
    });

    async function watch(file: string, idleMs: number): Promise<WatchedCluster & AsyncDisposable> {
      const config = await apiConfig(file, {});
      if (!config.ok) throw new Error("there is no such file");
      const watched = new WatchedCluster({
        config: config.value,
        namespace: NAMESPACE,
        configMap: "hawser",
        metallbNamespace: "metallb-system",
        loadBalancerClass: undefined,
        log: createLogger({ component: "test", level: "silent" }),
        idleMs,
      });
      return Object.assign(watched, { [Symbol.asyncDispose]: async () => watched.close() });
    }
  });
});

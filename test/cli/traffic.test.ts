// How many requests routes get, on the page: read from a real ingress by its URL, and of pods through an API server.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { metricsOfCluster } from "#cli/metrics-of-cluster.ts";
import { openLiveLook } from "#cli/open-live-look.ts";
import { uiOptions } from "#cli/run-ui.ts";
import { processIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { closedPort, listen } from "#test/support/ingress-proxy.ts";
import { kubeconfig } from "#test/support/kubeconfig.ts";
import { callCli, type RunningCli, startCli } from "./run-cli.ts";

const manifests = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  rules:
  - host: shop.example
    http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: moved, namespace: shop, annotations: { nginx.ingress.kubernetes.io/permanent-redirect: "http://new.example/" } }
spec:
  rules:
  - host: old.example
    http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;

async function get(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, headers: { host }, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject).end();
  });
}

describe("14 A the page says how many requests routes get", () => {
  let folder: string;
  let ingress: RunningCli;
  let httpPort: number;
  let adminPort: number;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hawser-traffic-"));
    writeFileSync(join(folder, "all.yaml"), manifests);
    [httpPort, adminPort] = [await closedPort(), await closedPort()];
    const ports = [
      `--http-port=${httpPort}`,
      "--https-port=0",
      "--default-backend-port=0",
      `--admin-port=${adminPort}`,
    ];
    const addresses = ["--bind-address=127.0.0.1", "--admin-address=127.0.0.1"];
    ingress = startCli(["ingress", "--manifests", folder, ...ports, ...addresses]);
    await ingress.says(/"msg":"ready"/);
  });
  afterAll(async () => {
    ingress.child.kill("SIGKILL");
    await ingress.ended;
    rmSync(folder, { recursive: true });
  });

  /** Looks at the folder until the page says what is waited for; a look at the metrics is due each 2 s. */
  async function untilPage(args: readonly string[], isThere: (view: PageView) => boolean): Promise<PageView> {
    const read = readOptions(uiOptions, ["--manifests", folder, ...args], processIo, { command: "ui", about: "" });
    if (read.kind === "exit") throw new Error("the options are wrong");
    const looking = await openLiveLook(read.values, { env: {} });
    if (typeof looking === "string") throw new Error(looking);
    try {
      for (;;) {
        const looked = await looking.look();
        if (looked.ok && isThere(looked.view)) return looked.view;
        // Requests go on, so that there are some between any two looks.
        expect(await get(httpPort, "shop.example")).toBe(503);
        expect(await get(httpPort, "old.example")).toBe(301);
      }
    } finally {
      await looking.close();
    }
  }

  it("by the metrics of the ingress: requests a second, and how many fail, of each Ingress", async () => {
    const url = `http://127.0.0.1:${adminPort}/metrics`;
    const isThere = ({ routes }: PageView): boolean =>
      routes.length === 2 && routes.every(({ traffic }) => traffic !== null && traffic.perSecond > 0);
    const { routes, trafficUnknown } = await untilPage(["--ingress-metrics", url], isThere);
    expect(trafficUnknown).toBe("");
    expect(Object.fromEntries(routes.map(({ ingress, traffic }) => [ingress, traffic?.failedPercent]))).toEqual({
      "shop/web": 100,
      "shop/moved": 0,
    });
  });

  it.each([
    { args: [], why: /^the page does not find the ingresses of a folder: name their metrics with --ingress-metrics$/ },
    {
      args: ["--ingress-metrics", "http://127.0.0.1:1/metrics"],
      why: /^http:\/\/127\.0\.0\.1:1\/metrics cannot be read: /,
    },
    { args: ["--ingress-metrics", "file:///etc/passwd"], why: /^file:\/\/\/etc\/passwd cannot be read: / },
  ])("or why that is not known: $args", async ({ args, why }) => {
    const view = await untilPage(args, ({ trafficUnknown, routes }) => routes.length > 0 && why.test(trafficUnknown));
    expect(view.routes.map(({ traffic }) => traffic)).toEqual([null, null]);
  });

  it("hawser top says why, too", async () => {
    const { stdout } = await callCli(["top", "--once", "--manifests", folder]);
    expect(stdout).toContain("Routes (requests not known: ");
  });
});

describe("14 A metricsOfCluster()", () => {
  const pods = "/api/v1/namespaces/hawser-system/pods";
  const pod = (name: string, ready: string) => ({
    metadata: { name },
    spec: {
      containers: [
        {
          ports: [
            { name: "http", containerPort: 80 },
            { name: "metrics", containerPort: 10_254 },
          ],
        },
      ],
    },
    status: { conditions: [{ type: "Ready", status: ready }] },
  });
  let server: Server;
  let folder: string;
  let refused: string | undefined;
  const asked: string[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hawser-traffic-"));
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
      asked.push(`${request.method} ${pathname}`);
      const isRefused = refused !== undefined && pathname.includes(refused);
      response.writeHead(isRefused ? 403 : 200, { "content-type": "application/json" });
      if (isRefused) response.end(JSON.stringify({ kind: "Status", message: "pods is forbidden" }));
      else if (pathname.endsWith("/proxy/metrics")) response.end(`# of ${pathname}\n`);
      else {
        const isAsked =
          searchParams.get("labelSelector") === "app.kubernetes.io/name=hawser,app.kubernetes.io/component=ingress";
        const items = isAsked ? [pod("a", "True"), pod("b", "False"), pod("c", "True")] : [];
        response.end(JSON.stringify({ kind: "PodList", metadata: {}, items }));
      }
    });
    const url = `http://127.0.0.1:${await listen(server)}`;
    writeFileSync(join(folder, "kubeconfig"), kubeconfig({ server: url }, { token: "t" }));
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });
  const look = async () =>
    metricsOfCluster({
      kubeconfig: join(folder, "kubeconfig"),
      context: undefined,
      env: {},
      namespace: "hawser-system",
    });

  it("asks each pod of the ingress that is ready, at the port that its manifest names, and nothing else", async () => {
    expect(await look()).toEqual(
      new Map(["a", "c"].map((name) => [name, `# of ${pods}/${name}:10254/proxy/metrics\n`])),
    );
    expect(asked).toEqual([`GET ${pods}`, `GET ${pods}/a:10254/proxy/metrics`, `GET ${pods}/c:10254/proxy/metrics`]);
  });

  it.each([
    { refused: "/pods", why: /^pods cannot be listed: .*403/ },
    { refused: "/c:10254/proxy", why: /^the metrics of pod c cannot be read: 403 pods is forbidden$/ },
  ])("says why it has none where $refused is refused: a part of the pods has a part of the requests", async (one) => {
    ({ refused } = one);
    expect(await look()).toMatch(one.why);
    refused = undefined;
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PageView } from "#src/view/page/page-view.ts";
import type { StatusView } from "#src/view/status-view.ts";
import { listen } from "#test/support/ingress-proxy.ts";
import { askPage, followPage } from "#test/support/page-server.ts";
import { callCli, startCli } from "./run-cli.ts";

const manifests = `apiVersion: v1
kind: ConfigMap
metadata: { name: hawser, namespace: hawser-system }
data: { config: "address-pools: [{name: edge, protocol: layer2, addresses: [192.0.2.1-192.0.2.9]}]" }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
status: { loadBalancer: { ingress: [{ ip: 192.0.2.1 }] } }
---
apiVersion: v1
kind: Service
metadata: { name: late, namespace: shop }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  rules:
  - host: shop.example
    http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;

describe("hawser ui", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hawser-ui-"));
    writeFileSync(join(folder, "all.yaml"), manifests);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("14 A: shows the figures of hawser status -o json at the same moment, explains, and ends when asked", async () => {
    const running = startCli(["ui", "--manifests", folder]);
    const url = await running.says(/http:\S+(?=\n)/);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/);
    let view: PageView | undefined;
    for await (const { event, data } of followPage({ url })) {
      if (event !== "page") continue;
      view = data["view"] as PageView;
      break;
    }
    const status = JSON.parse((await callCli(["status", "--manifests", folder, "-o", "json"])).stdout) as StatusView;
    const unserved = status.services.filter(({ served }) => !served);
    expect(view?.strip.services).toEqual({
      all: status.services.length,
      unserved: unserved.length,
      pending: unserved.filter(({ addresses }) => addresses.length === 0).length,
    });
    expect(view?.strip.services).toEqual({ all: 2, unserved: 2, pending: 1 });
    expect(view?.pools.map(({ key, size, used }) => ({ name: key, size, used }))).toEqual(
      status.pools.map(({ name, size, used }) => ({ name, size, used })),
    );
    const ask = async (path: string): Promise<unknown> => JSON.parse((await askPage(url + path)).body);
    expect(await ask("explain?subject=shop/web")).toMatchObject({ subject: { kind: "Service", name: "web" } });
    expect(await ask("explain?subject=http://shop.example/")).toMatchObject({ subject: { kind: "URL" } });
    expect(await ask("explain?subject=shop/none")).toEqual({ why: 'there is no Service "shop/none"' });
    expect(await ask("history?subject=192.0.2.1")).toMatchObject({ entries: [] });
    running.child.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("says why it cannot begin", async () => {
    const taken = createServer();
    const port = await listen(taken);
    expect(await callCli(["ui", "--manifests", "/nowhere"])).toMatchObject({
      code: 1,
      stderr: "hawser ui: cannot read /nowhere: it does not exist\n",
    });
    expect(await callCli(["ui", "--manifests", folder, "--port", String(port)])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("EADDRINUSE") as string,
    });
    taken.close();
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { AuthGate } from "#ingress/auth/auth-gate.ts";
import { ServiceStep } from "#ingress/auth/service-step.ts";
import { authService } from "#ingress/auth/auth-service.ts";
import { ExternalAuthorizer } from "#ingress/auth/external-authorizer.ts";
import { hostResolver } from "#ingress/names/host-resolver.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { eventually } from "#test/support/eventually.ts";
import { startFolderLoop } from "#test/support/folder-loop.ts";
import { answering, ask, type Proxy, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nX-Tenant: forged\r\nx_tenant: forged\r\nConnection: close\r\n\r\n";

/** The headers that a folder of manifests names, in the engine and at the gate of a proxy; the Ingress has these annotations. */
async function startNaming(
  annotations: Readonly<Record<string, string>>,
  to: { readonly proxy: Proxy; readonly step?: ServiceStep },
) {
  const directory = mkdtempSync(join(tmpdir(), "hawser-headers-"));
  const put = (kind: string, more: object) => {
    const apiVersion = kind === "Ingress" ? "networking.k8s.io/v1" : "v1";
    writeFileSync(join(directory, `${kind}.json.yaml`), JSON.stringify({ apiVersion, kind, ...more }));
  };
  const putHeaders = (data: Readonly<Record<string, string>>) => put("ConfigMap", { metadata: { name: "h" }, data });
  const keys = Object.entries(annotations).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]);
  const spec = { defaultBackend: { service: { name: "s", port: { number: 80 } } } };
  put("Ingress", { metadata: { name: "i", annotations: Object.fromEntries(keys) }, spec });
  const loop = await startFolderLoop(directory, {
    allowedHeaders: new Set(["x-one", "server", "content-type"]),
    useHeaders: ({ ofAnswers, ofQuestions }) => {
      to.proxy.engine.setHeaders = ofAnswers;
      to.step?.useHeaders(ofQuestions);
    },
  });
  return {
    loop,
    putHeaders,
    removeHeaders: () => rmSync(join(directory, "ConfigMap.json.yaml")),
    async [Symbol.asyncDispose]() {
      await loop.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

describe("custom-headers", () => {
  it("D writes the fields of the ConfigMap into all answers, as it is now", async () => {
    const annotations = { "custom-headers": "h" };
    await using endpoint = await startEndpoint((socket) =>
      socket.end("HTTP/1.1 200 OK\r\nX-One: theirs\r\nx-one: again\r\nX-Two: 2\r\nContent-Length: 2\r\n\r\nok"),
    );
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses: [annotatedIngress(annotations)] });
    await using named = await startNaming(annotations, { proxy });
    expect([await ask(proxy.port, GET), named.loop.problemCount()]).toEqual([
      expect.stringContaining("X-One: theirs"),
      1,
    ]);
    named.putHeaders({ "X-One": "ours", Server: "quay", "X-Two": "not allowed" });
    await vi.waitFor(async () => expect(await ask(proxy.port, GET)).toContain("X-One: ours\r\n"), eventually);
    const answer = await ask(proxy.port, GET);
    expect(answer.match(/^(?:x-one|x-two|server):.*$/gim)).toEqual(["X-Two: 2", "X-One: ours", "Server: quay"]);
    expect(answer.endsWith("\r\n\r\nok")).toBe(true);
    expect(named.loop.problemCount()).toBe(1);
    proxy.setEndpoints({ s: [] });
    const own = await ask(proxy.port, GET);
    expect(own.match(/^(?:x-one|x-two|server|content-length):.*$/gim)).toEqual([
      "Content-Length: 24",
      "X-One: ours",
      "Server: quay",
    ]);
    expect(statusOf(own)).toBe(503);
    named.putHeaders({ "X-One": "1" });
    await vi.waitFor(() => expect(named.loop.problemCount()).toBe(0), eventually);
    named.removeHeaders();
    await vi.waitFor(async () => expect(await ask(proxy.port, GET)).not.toContain("X-One"), eventually);
    expect(named.loop.problemCount()).toBe(1);
  });

  it.each(["other/h", "a/b/c", "UPPER"])(
    "D serves the Ingress without a ConfigMap %s, which is not its own",
    (name) => {
      expect(annotatedIngress({ "custom-headers": name }).settings).toEqual({});
    },
  );
});

describe("auth-proxy-set-headers", () => {
  it("D writes the fields of the ConfigMap into questions, and lets none in without it", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using service = await startEndpoint((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    const isReachable = () => true;
    const resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    const lookup = hostResolver({ resolve, isReachable, clockMs: () => performance.now() });
    const client = authService({ lookup, isReachable });
    const step = new ServiceStep(new ExternalAuthorizer(client, () => performance.now()));
    const access = new AuthGate([step]);
    const annotations = { "auth-url": `http://auth.test:${service.port}/check`, "auth-proxy-set-headers": "default/h" };
    const ingresses = [annotatedIngress(annotations)];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, access, headerNames: "any" });
    await using named = await startNaming(annotations, { proxy, step });
    const closed = () => proxy.engine.counters.reasons[REASON_LIST.indexOf("closed-headers")];
    expect([statusOf(await ask(proxy.port, GET)), closed(), service.received()]).toEqual([503, 1, ""]);
    named.putHeaders({ "X-Tenant": "shop", "X-Asked": "$request_method $host$http_x_none", "X-Sent-From": "quay" });
    await vi.waitFor(async () => expect(statusOf(await ask(proxy.port, GET))).toBe(200), eventually);
    const lines = service.received().match(/^x[-_](?:tenant|asked|sent-from):.*$/gim);
    expect(lines).toEqual(["X-Tenant: shop", "X-Asked: GET a.com", "X-Sent-From: quay"]);
    named.putHeaders({ "X-Tenant": "$pid" });
    await vi.waitFor(async () => expect(statusOf(await ask(proxy.port, GET))).toBe(503), eventually);
    client.close();
  });

  it("D closes an Ingress that names a ConfigMap of another namespace", () => {
    const { settings, closed } = annotatedIngress({ "auth-url": "http://a.b/", "auth-proxy-set-headers": "other/h" });
    expect([settings.authSetHeaders, closed]).toEqual([undefined, "closed-restriction"]);
  });
});

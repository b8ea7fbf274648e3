import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { route } from "#src/routing/route.ts";
import { INGRESS_CONTROLLER, isServed, routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { certificateClaims } from "#src/tls/certificate-claims.ts";
import { planIngressStatus } from "#ingress/status/plan-ingress-status.ts";
import { connect } from "node:tls";
import { object } from "#test/model/build.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { listen, type Proxy, startProxy } from "#test/support/ingress-proxy.ts";

/**
 * The scenarios of the conformance suite that Kubernetes had for Ingresses (kubernetes-sigs/ingress-controller-conformance, five
 * features), by scenario: real requests through the engine to servers that say which they are and what they got.
 */

/** What a server says of a request. */
interface Echo {
  readonly service: string;
  readonly path: string;
  readonly host: string;
  readonly method: string;
  readonly proto: string;
}

const servers: ReturnType<typeof createServer>[] = [];

async function startEcho(service: string): Promise<number> {
  const server = createServer((asked, answer) => {
    const { url: path, headers, method, httpVersion } = asked;
    const text = JSON.stringify({ service, path, host: headers.host, method, proto: `HTTP/${httpVersion}` });
    answer.writeHead(200, { "Content-Type": "application/json", "Content-Length": text.length });
    answer.end(method === "HEAD" ? undefined : text);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

afterAll(() => servers.forEach((server) => server.close()));

/** The answer to a request for a URL, and what the server says of it where one answered. */
async function get(
  port: number,
  url: string,
  method = "GET",
): Promise<{ readonly response: IncomingMessage; readonly echo: Echo | undefined }> {
  const { host, pathname, search } = new URL(url);
  const options = { port, host: "127.0.0.1", method, path: pathname + search, headers: { Host: host }, agent: false };
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    request(options, resolve).on("error", reject).end(),
  );
  const text = (await response.setEncoding("utf8").toArray()).join("");
  return { response, echo: response.statusCode === 200 ? (JSON.parse(text) as Echo) : undefined };
}

async function startWith(services: readonly string[], ingresses: readonly Ingress[]): Promise<Proxy> {
  const ports = await Promise.all(services.map(async (name) => [name, [await startEcho(name)]] as const));
  return startProxy(Object.fromEntries(ports), { ingresses });
}

describe("feature: default backend", () => {
  let proxy: Proxy;
  beforeAll(async () => {
    const only = ingressOf("default-backend", {}, { defaultBackend: { serviceName: "echo", servicePort: 80 } });
    proxy = await startWith(["echo"], [only]);
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  it.each([
    ["GET", "http://127.0.0.1/"],
    ["GET", "http://my-host/sub-path"],
    ["POST", "http://some-host/some/path"],
    ["PUT", "http://127.0.0.1/resource"],
    ["DELETE", "http://some-host/resource"],
    ["PATCH", "http://my-host/resource"],
  ])("an Ingress with a default backend alone answers %s %s", async (method, url) => {
    const { response, echo } = await get(proxy.port, url, method);
    const { host, pathname: path } = new URL(url);
    expect(echo).toEqual({ service: "echo", path, host, method, proto: "HTTP/1.1" });
    expect([response.statusCode, response.httpVersion]).toEqual([200, "1.1"]);
    for (const name of ["content-length", "content-type", "date", "server"])
      expect(response.headers).toHaveProperty(name);
    expect(response.headers).not.toHaveProperty("transfer-encoding");
  });
});

describe("feature: host rules", () => {
  const tls = [{ hosts: ["foo.bar.com"], secretName: "conformance-tls" }];
  const rules = { "*.foo.com": { "/": "wildcard-foo-com" }, "foo.bar.com": { "/": "foo-bar-com" } };
  const ingress = ingressOf("host-rules", rules, { tls });
  const pair = selfSigned("foo.bar.com", Date.now());
  const services = ["wildcard-foo-com", "foo-bar-com"];
  let proxy: Proxy;
  beforeAll(async () => {
    proxy = await startWith(services, [ingress]);
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  it("a host with a tls entry is served with a certificate that names it", async () => {
    const certificates = new Certificates(Date.now());
    const secret = { key: "default/conformance-tls", certificatePem: pair.cert, privateKeyPem: pair.key };
    certificates.use({
      claims: certificateClaims([ingress]),
      secrets: new Map([[secret.key, secret]]),
      nowMs: Date.now(),
    });
    const server = engineTlsServer(proxy.engine, {
      contextOf: (name) => certificates.contextOf(name),
      fallback: certificates.fallback,
      onFallbackChange: (use) => certificates.onFallbackChange(use),
    });
    const port = await listen(server);
    const socket = connect({ port, host: "127.0.0.1", servername: "foo.bar.com", ca: pair.cert });
    socket.write("GET / HTTP/1.1\r\nHost: foo.bar.com\r\nConnection: close\r\n\r\n");
    const text = (await socket.setEncoding("utf8").toArray()).join("");
    expect([socket.authorized, text.startsWith("HTTP/1.1 200 ")]).toEqual([true, true]);
    expect(text).toContain('"service":"foo-bar-com"');
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    { name: "a plain request for the exact host is served", url: "http://foo.bar.com/", service: "foo-bar-com" },
    { name: "a host that no rule has is not found", url: "http://subdomain.bar.com/", service: undefined },
    { name: "one label in place of the wildcard is served", url: "http://bar.foo.com/", service: "wildcard-foo-com" },
    { name: "two labels in place of the wildcard are not found", url: "http://baz.bar.foo.com/", service: undefined },
    { name: "no label in place of the wildcard is not found", url: "http://foo.com/", service: undefined },
  ])("$name", async ({ url, service }) => {
    const { response, echo } = await get(proxy.port, url);
    expect([response.statusCode, echo?.service]).toEqual([service === undefined ? 404 : 200, service]);
  });

  it("backends are found by the name of their port as by its number", async () => {
    const named = services.map((name) => ({
      ...serviceOf(name),
      ports: [{ name: "service-port", protocol: "TCP" as const, port: 8080, targetPort: 80 }],
    }));
    const slices = services.flatMap((name) =>
      slicesOf(name, [1]).map((slice) => ({ ...slice, ports: [{ ...slice.ports[0]!, name: "service-port" }] })),
    );
    for (const servicePort of [8080, "service-port"]) {
      const ports = ingress.rules.map(({ host, paths }) => ({
        host,
        paths: paths.map((path) => ({ ...path, target: { ...(path.target as object), servicePort } as never })),
      }));
      const table = buildRoutes(
        routingSnapshot({ ingresses: [{ ...ingress, rules: ports }], services: named, slices }),
      );
      expect(route(table, { host: "foo.bar.com", path: "/" })).toMatchObject({
        backend: { key: "default/foo-bar-com:8080" },
      });
    }
  });
});

describe("feature: Ingress class", () => {
  it("an Ingress of a class that nobody serves gets no address", () => {
    const scope = { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true };
    expect(isServed({ className: "some-invalid-class-name" }, new Map(), scope)).toBe(false);
    const metadata = { name: "i", namespace: "default" };
    const manifest = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { rules: [] } };
    const ingresses = new Map([["default/i", object(JSON.stringify(manifest))]]);
    const addresses = [{ ip: "192.0.2.1" }];
    expect(planIngressStatus({ ingresses, standingOf: () => "foreign", addresses })).toEqual([]);
  });
});

describe("feature: load balancing", () => {
  it("100 requests, each on a connection of its own, reach all of 10 endpoints", async () => {
    const ports = await Promise.all(Array.from({ length: 10 }, (_, index) => startEcho(`pod-${index}`)));
    await using proxy = await startProxy(
      { s: ports },
      { ingresses: [ingressOf("i", { "load-balancing": { "/": "s" } })] },
    );
    const reached = new Set<string | undefined>();
    for (let count = 0; count < 100; count++)
      reached.add((await get(proxy.port, "http://load-balancing/")).echo?.service);
    expect(reached.size).toBe(10);
  });
});

describe("feature: path rules", () => {
  const rules = {
    "exact-path-rules": { "=/foo": "foo-exact" },
    "prefix-path-rules": { "/foo": "foo-prefix", "/aaa/bbb": "aaa-slash-bbb-prefix", "/aaa": "aaa-prefix" },
    "mixed-path-rules": { "/foo": "foo-prefix", "=/foo": "foo-exact" },
    "trailing-slash-path-rules": { "/aaa/bbb/": "aaa-slash-bbb-slash-prefix", "=/foo/": "foo-slash-exact" },
  };
  const services = [...new Set(Object.values(rules).flatMap((paths) => Object.values<string>(paths)))];
  let proxy: Proxy;
  beforeAll(async () => {
    proxy = await startWith(services, [ingressOf("path-rules", rules)]);
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  it.each([
    { name: "an exact path is served", url: "exact-path-rules/foo", service: "foo-exact" },
    { name: "an exact path does not match with a slash after it", url: "exact-path-rules/foo/", service: undefined },
    { name: "an exact path goes by case", url: "exact-path-rules/FOO", service: undefined },
    { name: "an exact path matches no other", url: "exact-path-rules/bar", service: undefined },
    { name: "a prefix matches itself", url: "prefix-path-rules/foo", service: "foo-prefix" },
    { name: "a prefix matches with a slash after it", url: "prefix-path-rules/foo/", service: "foo-prefix" },
    { name: "a prefix goes by case", url: "prefix-path-rules/FOO", service: undefined },
    { name: "the longest prefix goes first", url: "prefix-path-rules/aaa/bbb", service: "aaa-slash-bbb-prefix" },
    {
      name: "a prefix matches what is below it",
      url: "prefix-path-rules/aaa/bbb/ccc",
      service: "aaa-slash-bbb-prefix",
    },
    { name: "a shorter prefix matches the rest", url: "prefix-path-rules/aaa/ccc", service: "aaa-prefix" },
    { name: "a prefix matches whole elements", url: "prefix-path-rules/aaaccc", service: undefined },
    { name: "an exact path goes before the same prefix", url: "mixed-path-rules/foo", service: "foo-exact" },
    { name: "the prefix matches with a slash after it there", url: "mixed-path-rules/foo/", service: "foo-prefix" },
    {
      name: "a prefix with a slash at its end matches without",
      url: "trailing-slash-path-rules/aaa/bbb",
      service: "aaa-slash-bbb-slash-prefix",
    },
    {
      name: "a prefix with a slash at its end matches with it",
      url: "trailing-slash-path-rules/aaa/bbb/",
      service: "aaa-slash-bbb-slash-prefix",
    },
    {
      name: "an exact path with a slash at its end does not match without",
      url: "trailing-slash-path-rules/foo",
      service: undefined,
    },
  ])("$name", async ({ url, service }) => {
    const { response, echo } = await get(proxy.port, `http://${url}`);
    expect([response.statusCode, echo?.service]).toEqual([service === undefined ? 404 : 200, service]);
    if (echo !== undefined) expect(`${echo.host}${echo.path}`).toBe(url);
  });
});

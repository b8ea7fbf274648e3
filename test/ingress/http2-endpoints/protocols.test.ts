import { createServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { parseService } from "#src/model/service.ts";
import { backendsOf } from "#src/routing/ingress/backend.ts";
import { speaksHttp2 } from "#ingress/engine/endpoints/endpoint-security.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { EndpointTargets } from "#ingress/tls/endpoint-targets.ts";
import { object, valueOf } from "#test/model/build.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { startHttp2Endpoint } from "#test/support/http2-endpoint.ts";
import { ask, listen, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const nowMs = Date.now();
const certificate = issueCertificate({
  keyType: "ec",
  fromMs: nowMs - 86_400_000,
  toMs: nowMs + 86_400_000,
  commonName: "s",
  names: ["s.default.svc"],
});
const tls = { cert: certificate.certificatePem, key: certificate.privateKeyPem };
const ingresses = [annotatedIngress({ "backend-protocol": "GRPCS" })];

describe("HTTP/2 by TLS to endpoints", () => {
  it("is spoken where the endpoint agrees to it (ALPN)", async () => {
    await using endpoint = await startHttp2Endpoint(
      (stream) => stream.respond({ ":status": 204 }, { endStream: true }),
      { tls },
    );
    const endpointSecurity = new EndpointTargets();
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, endpointSecurity });
    expect(statusOf(await ask(proxy.port, GET))).toBe(204);
    expect(endpoint.heads[0]?.[":scheme"]).toBe("https");
  });

  it("is not spoken to one that does not", async () => {
    let received = "";
    const server = createServer(tls, (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (data: Buffer) => (received += data.toString("latin1")));
    });
    const port = await listen(server);
    await using proxy = await startProxy({ s: [port] }, { ingresses, endpointSecurity: new EndpointTargets() });
    expect(statusOf(await ask(proxy.port, GET))).toBe(502);
    expect(proxy.engine.counters.reasons[REASON_LIST.indexOf("endpoint-tls-failed")]).toBe(1);
    expect(received).toBe("");
    server.close();
  });
});

describe("appProtocol", () => {
  it.each([
    ["kubernetes.io/h2c", undefined, true],
    ["grpc", undefined, true],
    ["http", undefined, false],
    ["kubernetes.io/ws", undefined, false],
    ["kubernetes.io/h2c", "HTTP", false],
    ["kubernetes.io/h2c", "HTTPS", false],
    ["http", "GRPC", true],
    ["https", "GRPC", true],
  ])("%s, with backend-protocol %s: HTTP/2 is spoken: %s", (appProtocol, annotation, isHttp2) => {
    const metadata = { name: "s", namespace: "default" };
    const ports = [{ port: 80, appProtocol }];
    const manifest = { apiVersion: "v1", kind: "Service", metadata, spec: { ports, clusterIP: "10.0.0.1" } };
    const service = valueOf(parseService(object(JSON.stringify(manifest))));
    const [backend] = backendsOf(service, { slices: [] }).values();
    const ingress = annotatedIngress(annotation === undefined ? {} : { "backend-protocol": annotation });
    const table = buildRoutes(
      routingSnapshot({ ingresses: [ingress], services: [serviceOf("s")], slices: slicesOf("s", [1]) }),
    );
    const [host] = table.hosts.shards.flatMap((shard) => [...shard.values()]);
    expect(speaksHttp2({ rule: host!.prefixes[0]!.rule, backend: backend! })).toBe(isHttp2);
  });
});

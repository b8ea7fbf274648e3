import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { Engine } from "#ingress/engine/engine.ts";
import { netConnect } from "#ingress/io/net.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { h2specFile, whyNoH2spec } from "#lab/h2spec/build-h2spec.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { listen } from "#test/support/ingress-proxy.ts";

const run = promisify(execFile);
const reason = whyNoH2spec();
if (reason !== undefined) console.log(`skipped, no h2spec can be had here: ${reason}`);

it.skipIf(reason !== undefined)("the port for HTTPS passes every test of h2spec, in strict mode", async () => {
  const endpoint = createServer((request, response) => {
    // Not before: what comes on a stream whose answer has been sent is ignored, and some tests send what must not be ignored.
    request.resume().on("end", () => response.end("the answer of an endpoint"));
  });
  const slices = slicesOf("s", [await listen(endpoint)]);
  const ingresses = [ingressOf("i", { "": { "/": "s" } })];
  const engine = new Engine({ connect: netConnect, clockMs: () => performance.now(), wallMs: Date.now });
  engine.useRoutes(buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices })));
  const certificates = new Certificates(Date.now(), undefined);
  const server = engineTlsServer(engine, {
    contextOf: (name) => certificates.contextOf(name),
    fallback: certificates.fallback,
    isHttp2On: true,
  });
  const ticker = setInterval(() => engine.tick(), 100);
  try {
    const port = await listen(server);
    const args = ["-h", "127.0.0.1", "-p", `${port}`, "-t", "-k", "-o", "10", "--strict"];
    // It ends with 1 where a test failed, and its output says which.
    const { stdout } = await run(h2specFile(), args).catch((error: { readonly stdout: string }) => error);
    expect(stdout).toContain("146 tests, 146 passed, 0 skipped, 0 failed");
  } finally {
    clearInterval(ticker);
    engine.close();
    server.close();
    endpoint.closeAllConnections();
    endpoint.close();
  }
});

import { once } from "node:events";
import { createSecureContext } from "node:tls";
import { type ClientDuplexStream, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { describe, expect, it, vi } from "vitest";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { EndpointTargets } from "#ingress/tls/endpoint-targets.ts";
import { Engine } from "#ingress/engine/engine.ts";
import { netConnect } from "#ingress/io/net.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { EchoClient, startEchoServer } from "#test/support/grpc-service.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { ask, listen, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";

const nowMs = Date.now();
const times = { keyType: "ec", fromMs: nowMs - 86_400_000, toMs: nowMs + 86_400_000 } as const;
const ofProxy = issueCertificate({ ...times, commonName: "a.com", names: ["a.com"] });
const ofServer = issueCertificate({ ...times, commonName: "s", names: ["s.default.svc"] });
const proxyPair = { cert: ofProxy.certificatePem, key: ofProxy.privateKeyPem };
const serverPair = { cert: ofServer.certificatePem, key: ofServer.privateKeyPem };
const NONE = new Metadata();

/** A client of gRPC that speaks to a proxy by TLS, in front of endpoints on these ports. */
async function startGrpc(protocol: "GRPC" | "GRPCS", ports: readonly number[], authority = "a.com") {
  const engine = new Engine({
    connect: netConnect,
    clockMs: () => performance.now(),
    wallMs: Date.now,
    endpointSecurity: new EndpointTargets(),
  });
  const ingresses = [annotatedIngress({ "backend-protocol": protocol })];
  engine.useRoutes(
    buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", ports) })),
  );
  const server = engineTlsServer(engine, {
    contextOf: () => createSecureContext(proxyPair),
    fallback: proxyPair,
    isHttp2On: true,
  });
  const port = await listen(server);
  const timer = setInterval(() => engine.tick(), 20);
  const client = new EchoClient(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(ofProxy.certificatePem)), {
    "grpc.ssl_target_name_override": "a.com",
    "grpc.default_authority": authority,
    // What the proxy answers is to be seen.
    "grpc.enable_retries": 0,
  });
  return {
    client,
    engine,
    async [Symbol.asyncDispose]() {
      client.close();
      clearInterval(timer);
      engine.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function codeOf(call: ClientDuplexStream<string, string>): Promise<number> {
  return new Promise((resolve) => call.on("status", ({ code }) => resolve(code)));
}

async function errorOf(answer: Promise<string>): Promise<ServiceError> {
  return answer.then(
    (text) => {
      throw new Error(`an answer came: ${text}`);
    },
    (error: unknown) => error as ServiceError,
  );
}

describe.each(["GRPC", "GRPCS"] as const)("gRPC through the proxy, to endpoints by %s", (protocol) => {
  const start = async () => {
    const server = await startEchoServer(protocol === "GRPCS" ? serverPair : undefined);
    const grpc = await startGrpc(protocol, [server.port]);
    return {
      ...grpc,
      server,
      async [Symbol.asyncDispose]() {
        await grpc[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  };

  it("answers one message by one, with metadata before and after", async () => {
    await using it = await start();
    const metadata = new Metadata();
    metadata.set("x-asked", "why");
    const { call, answer } = it.client.unary("one", "hello", metadata);
    const [first] = (await once(call, "metadata")) as [Metadata];
    const [last] = (await once(call, "status")) as [{ code: number; metadata: Metadata }];
    expect(await answer).toBe("hello");
    expect(first.get("x-first")).toEqual(["why"]);
    expect(last.code).toBe(status.OK);
    expect(last.metadata.get("x-last")).toEqual(["end"]);
    expect(last.metadata.get("x-bytes-bin")).toEqual([Buffer.from([0, 255, 13, 10])]);
  });

  it("passes messages larger than all windows, both ways", async () => {
    await using it = await start();
    const text = "0123456789abcdef".repeat(150_000);
    expect((await it.client.unary("one", text, NONE).answer) === text).toBe(true);
  });

  it("passes the status and the metadata of an error", async () => {
    await using it = await start();
    const error = await errorOf(it.client.unary("fail", "x", NONE).answer);
    expect([error.code, error.details]).toEqual([status.NOT_FOUND, "not here: 50 % ä"]);
    expect(error.metadata.get("x-why")).toEqual(["gone"]);
  });

  it("passes a stream of answers", async () => {
    await using it = await start();
    const messages: string[] = [];
    for await (const message of it.client.count(1_000)) messages.push(message as string);
    expect(messages).toEqual(Array.from({ length: 1_000 }, (_, index) => `message ${index}`));
  });

  it("passes a stream of requests", async () => {
    await using it = await start();
    const { call, answer } = it.client.collect();
    for (let count = 0; count < 200; count++) if (!call.write("x".repeat(10_000))) await once(call, "drain");
    call.end();
    expect(await answer).toBe("200 2000000");
  });

  it("passes both streams at once: each answer comes before the next request is sent", async () => {
    await using it = await start();
    const talk = it.client.talk();
    for (const text of ["a", "b", "c"]) {
      const came = once(talk, "data");
      talk.write(text);
      expect(await came).toEqual([`${text}!`]);
    }
    const ended = codeOf(talk);
    talk.end();
    expect(await ended).toBe(status.OK);
  });

  it("tells the endpoint that the client gave up, by itself or by its deadline", async () => {
    await using it = await start();
    const given = it.client.unary("hang", "x", NONE);
    await vi.waitUntil(() => it.server.calls() === 1, eventually);
    given.call.cancel();
    expect((await errorOf(given.answer)).code).toBe(status.CANCELLED);
    await vi.waitUntil(() => it.server.cancelled() === 1, eventually);
    const late = it.client.unary("hang", "x", NONE, { deadline: Date.now() + 500 });
    expect((await errorOf(late.answer)).code).toBe(status.DEADLINE_EXCEEDED);
    await vi.waitUntil(() => it.server.cancelled() === it.server.calls(), eventually);
  });
});

describe("gRPC where there is no answer of an endpoint", () => {
  it("says UNAVAILABLE where no endpoint is there", async () => {
    await using it = await startGrpc("GRPC", []);
    const error = await errorOf(it.client.unary("one", "x", NONE).answer);
    expect([error.code, error.details]).toEqual([status.UNAVAILABLE, "503 Service Unavailable"]);
  });

  it("says UNIMPLEMENTED where no rule matches", async () => {
    await using it = await startGrpc("GRPC", [], "b.com");
    const error = await errorOf(it.client.unary("one", "x", NONE).answer);
    expect([error.code, error.details]).toEqual([status.UNIMPLEMENTED, "404 Not Found"]);
  });

  it("ends a stream whose endpoint goes away, and takes another one for the next", async () => {
    await using first = await startEchoServer();
    await using it = await startGrpc("GRPC", [first.port]);
    const talk = it.client.talk();
    talk.on("error", () => undefined);
    talk.write("a");
    await once(talk, "data");
    const ended = codeOf(talk);
    first.stop();
    expect(await ended).not.toBe(status.OK);
    await using second = await startEchoServer();
    const ingresses = [annotatedIngress({ "backend-protocol": "GRPC" })];
    const slices = slicesOf("s", [second.port]);
    it.engine.useRoutes(buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices })));
    expect(await it.client.unary("one", "again", NONE).answer).toBe("again");
  });

  it("loses no request while the endpoint ends its connections by age", async () => {
    await using server = await startEchoServer(undefined, {
      "grpc.max_connection_age_ms": 100,
      "grpc.max_connection_age_grace_ms": 10_000,
    });
    await using it = await startGrpc("GRPC", [server.port]);
    const endMs = Date.now() + 1_000;
    let count = 0;
    while (Date.now() < endMs) {
      const texts = Array.from({ length: 10 }, (_, index) => `${count + index}`);
      count += texts.length;
      expect(await Promise.all(texts.map((text) => it.client.unary("one", text, NONE).answer))).toEqual(texts);
    }
    expect(server.calls()).toBe(count);
  });
});

describe("gRPC-Web", () => {
  it("passes as it is, with the trailers in its body", async () => {
    const body = "\0\0\0\0\x02ok\x80\0\0\0\x0fgrpc-status:0\r\n";
    await using endpoint = await startEndpoint((socket, text) => {
      if (!text.includes("\r\n\r\n")) return;
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web+proto\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        "latin1",
      );
    });
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { ingresses: [ingressOf("i", { "a.com": { "/": "s" } })] },
    );
    const answer = await ask(
      proxy.port,
      "POST /test.Echo/One HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nContent-Type: application/grpc-web+proto\r\nX-Grpc-Web: 1\r\nContent-Length: 7\r\n\r\n\0\0\0\0\x02hi",
    );
    expect(answer).toMatch(/\r\nContent-Type: application\/grpc-web\+proto\r\n/);
    expect(answer.endsWith(`\r\n\r\n${body}`)).toBe(true);
    expect(endpoint.received()).toContain("\r\nX-Grpc-Web: 1\r\n");
    expect(endpoint.received().endsWith("\r\n\r\n\0\0\0\0\x02hi")).toBe(true);
  });
});

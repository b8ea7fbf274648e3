import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { HeaderNames } from "#ingress/engine/h1/forwarded-request.ts";
import { until } from "#lab/rack/until.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, ask, openClient, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

/** The head that the endpoint gets for a GET with these lines. */
async function forwardedHead(lines: readonly string[], headerNames: HeaderNames = "plain"): Promise<string> {
  await using endpoint = await startEndpoint(answering("ok"));
  const ingresses = [ingressOf("i", { "": { "/": "s" } })];
  await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, headerNames });
  using client = openClient(proxy.port);
  client.send(`GET / HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  await client.until((text) => text.endsWith("ok"));
  return endpoint.received();
}

const CLAIMS = [
  "X-Forwarded-Ssl",
  "X-Forwarded-Protocol",
  "X-Forwarded-By",
  "X-Forwarded-Client-Cert",
  "X-Forwarded-Tls-Client-Cert-Info",
  "Front-End-Https",
  "X-Url-Scheme",
  "X-Original-URL",
  "X-Rewrite-URL",
  "X-Client-IP",
  "True-Client-IP",
  "Ssl-Client-Verify",
  "ssl-client-subject-dn",
];

describe("fields of a client's request", () => {
  it.each(CLAIMS)("H14 %s claims to come from a proxy, and is not passed on", async (name) => {
    expect(await forwardedHead(["Host: a.com", `${name}: forged`, "X-Kept: yes"])).not.toContain("forged");
  });

  it.each(["X.Forwarded.For", "X~Real~IP", "X_Real_IP", "X!Y", "a|b"])(
    "H14 %s is not passed on: its name has more than letters, digits and hyphens",
    async (name) => {
      const head = await forwardedHead(["Host: a.com", `${name}: forged`, "X-Kept-1: yes"]);
      expect(head).not.toContain("forged");
      expect(head).toContain("\r\nX-Kept-1: yes\r\n");
    },
  );

  it.each([
    { names: "plain", passed: [] },
    { names: "underscores", passed: ["my_token", "X_Custom-1"] },
    { names: "any", passed: ["my_token", "X_Custom-1", "my.token", "a!b_c"] },
  ] as const)(
    "I17 pass with header names $names: $passed, and never one that can be read as ours",
    async ({ names, passed }) => {
      const fields = [
        "my_token",
        "X_Custom-1",
        "my.token",
        "a!b_c",
        "X_Forwarded_For",
        "X.Real_IP",
        "Transfer_Encoding",
      ];
      const head = await forwardedHead(["Host: a.com", ...fields.map((name) => `${name}: v`)], names);
      expect(fields.filter((name) => head.includes(`\r\n${name}: v\r\n`))).toEqual(passed);
    },
  );

  it.each([
    { host: "app.test", port: "80" },
    { host: "app.test:8443", port: "8443" },
    { host: "app.test:", port: "80" },
    { host: "[2001:db8::1]", port: "80" },
    { host: "[2001:db8::1]:30443", port: "30443" },
    { host: "192.0.2.7", port: "80" },
  ])("I5 H6 X-Forwarded-Port is $port for Host: $host", async ({ host, port }) => {
    const head = await forwardedHead([`Host: ${host}`, "X-Forwarded-Port: 1"]);
    expect(head.match(/X-Forwarded-Port: .*/g)).toEqual([`X-Forwarded-Port: ${port}`]);
  });

  it("I5 H6 X-Forwarded-Port is that of an absolute target", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send("GET http://a.com:81/ HTTP/1.1\r\nHost: a.com:82\r\n\r\n");
    await client.until((text) => text.endsWith("ok"));
    expect(endpoint.received()).toContain("X-Forwarded-Port: 81\r\n");
  });

  it("H19 nothing of a client that resets at once is forwarded without its address", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    const closed = Array.from({ length: 400 }, async () => {
      const socket = connect({ port: proxy.port, host: "127.0.0.1" });
      const gone = new Promise((resolve) => socket.on("error", () => undefined).on("close", resolve));
      socket.on("connect", () => {
        socket.write("GET /reset HTTP/1.1\r\nHost: a.com\r\n\r\n");
        socket.resetAndDestroy();
      });
      await gone;
    });
    await Promise.all(closed);
    await until("all to have been seen", () => proxy.engine.counters.connections + proxy.gate.vanished >= 400);
    expect(statusOf(await ask(proxy.port, "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n"))).toBe(200);
    const heads = endpoint.received().split("\r\n\r\n").slice(0, -1);
    expect(heads.filter((head) => !head.includes("\r\nX-Forwarded-For: 127.0.0.1\r\n"))).toEqual([]);
    expect(heads.filter((head) => !head.includes("\r\nX-Real-IP: 127.0.0.1\r\n"))).toEqual([]);
  });
});

describe("Expect", () => {
  it("H20 100-continue is answered here, and not passed on", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.endsWith("body")) answering("done")(socket, "\r\n\r\n");
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send("POST / HTTP/1.1\r\nHost: a.com\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n");
    await client.until((text) => text === "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body");
    await client.until((text) => text.endsWith("done"));
    expect(endpoint.received()).not.toContain("Expect");
  });

  it.each([
    {
      name: "the body came already",
      bytes: "POST / HTTP/1.1\r\nHost: a.com\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    },
    { name: "there is no body", bytes: "GET / HTTP/1.1\r\nHost: a.com\r\nExpect: 100-continue\r\n\r\n" },
    {
      name: "the client speaks HTTP/1.0",
      bytes: "POST / HTTP/1.0\r\nHost: a.com\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    },
  ])("H20 nothing is sent before the answer where $name", async ({ bytes }) => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(bytes);
    expect(await client.until((text) => text.endsWith("ok"))).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it.each([
    { status: 404, bytes: "POST / HTTP/1.1\r\nHost: b.com\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n" },
    { status: 417, bytes: "POST / HTTP/1.1\r\nHost: a.com\r\nExpect: coffee\r\nContent-Length: 1\r\n\r\n" },
  ])("H20 $status comes without 100 Continue", async ({ status, bytes }) => {
    await using proxy = await startProxy({ s: [] });
    expect(statusOf(await ask(proxy.port, bytes))).toBe(status);
  });
});

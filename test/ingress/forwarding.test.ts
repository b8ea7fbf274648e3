import { describe, expect, it } from "vitest";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, ask, openClient, startProxy, startEndpoint } from "#test/support/ingress-proxy.ts";

/** What the endpoint and the client get for one request and one answer. */
async function forwarded(request: string, answer: string, ingresses = [ingressOf("i", { "a.com": { "/": "s" } })]) {
  await using endpoint = await startEndpoint((socket, text) => {
    if (text.includes("\r\n\r\n")) socket.write(Buffer.from(answer, "latin1"));
  });
  await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
  using client = openClient(proxy.port);
  client.send(request);
  const text = await client.until((bytes) => bytes.includes("\r\n\r\n"));
  return { endpoint: endpoint.received(), client: text };
}

const NO_CONTENT = "HTTP/1.1 204 No Content\r\nServer: s\r\nDate: d\r\n\r\n";
const FORWARDED =
  "X-Forwarded-Host: a.com\r\nX-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 80\r\nX-Hawser-Hops: 1\r\n";

describe("forwarded requests", () => {
  it("keep the order and case of fields, lose those for one hop and those only we may write", async () => {
    const request = [
      "GET /p?q=1 HTTP/1.1",
      "hOsT: a.com",
      "ACCEPT: */*",
      "Connection: keep-alive, X-Private, X-Forwarded-For, x-real-ip, Host, Authorization",
      "Keep-Alive: timeout=5",
      "x-private: secret",
      "Authorization: Basic x",
      "X-Forwarded-For: 10.9.9.9",
      "x-forwarded-proto: https",
      "X-Real-IP: 10.9.9.9",
      "X_Real_IP: 10.9.9.9",
      "Forwarded: for=10.9.9.9",
      "Proxy: http://evil",
      "Proxy-Authorization: x",
      "TE: trailers",
      "Trailer: X-Sum",
      "Upgrade: foo",
      "X-Twice: 1",
      "X-Request-ID: given",
      "X-Twice: 2",
    ];
    const { endpoint } = await forwarded(`${request.join("\r\n")}\r\n\r\n`, NO_CONTENT);
    expect(endpoint).toBe(
      `GET /p?q=1 HTTP/1.1\r\nhOsT: a.com\r\nACCEPT: */*\r\nAuthorization: Basic x\r\nX-Twice: 1\r\nX-Request-ID: given\r\nX-Twice: 2\r\n${FORWARDED}\r\n`,
    );
  });

  it("get an id of 32 hexadecimal digits, a new one each", async () => {
    const request = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
    const ids = await Promise.all(
      [1, 2].map(async () => /X-Request-ID: (.*)\r\n/.exec((await forwarded(request, NO_CONTENT)).endpoint)?.[1]),
    );
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[1]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it.each([
    {
      name: "an id that is too long",
      request: `GET / HTTP/1.1\r\nHost: a.com\r\nX-Request-ID: ${"a".repeat(129)}\r\n\r\n`,
      has: /\r\nX-Request-ID: [0-9a-f]{32}\r\n/,
    },
    {
      name: "HTTP/1.0 as HTTP/1.1",
      request: "GET / HTTP/1.0\r\nHost: a.com\r\n\r\n",
      has: /^GET \/ HTTP\/1\.1\r\nHost: a\.com\r\n/,
    },
    {
      name: "an absolute target in origin form",
      request: "GET http://a.com/x?y HTTP/1.1\r\nHost: b.com\r\n\r\n",
      has: /^GET \/x\?y HTTP\/1\.1\r\nHost: a\.com\r\n/,
    },
    {
      name: "a target without its fragment",
      request: "GET /x?y#z HTTP/1.1\r\nHost: a.com\r\n\r\n",
      has: /^GET \/x\?y HTTP/,
    },
    {
      name: "the raw path where nothing is rewritten and it has no dot segment",
      request: "GET /b//%7e%2F HTTP/1.1\r\nHost: a.com\r\n\r\n",
      has: /^GET \/b\/\/%7e%2F HTTP/,
    },
    {
      name: "H7 the path that was matched where it had dot segments",
      request: "GET /a/../b//./%7e%2F?q=/../ HTTP/1.1\r\nHost: a.com\r\n\r\n",
      has: /^GET \/b\/~%2F\?q=\/\.\.\/ HTTP/,
    },
  ])("pass $name", async ({ request, has }) => {
    expect((await forwarded(request, NO_CONTENT)).endpoint).toMatch(has);
  });

  it.each([
    { path: "/web", becomes: "/" },
    { path: "/web/page?q=/web", becomes: "/page?q=/web" },
    { path: "/web?x", becomes: "/?x" },
    { path: "//web/./a%2Fb", becomes: "/a%2Fb" },
  ])("are rewritten from $path to $becomes", async ({ path, becomes }) => {
    const rewritten = ingressOf(
      "i",
      { "a.com": { "/web": "s" } },
      { settings: { rewrite: { kind: "replacePrefix", target: "/" } } },
    );
    const { endpoint } = await forwarded(`GET ${path} HTTP/1.1\r\nHost: a.com\r\n\r\n`, NO_CONTENT, [rewritten]);
    expect(endpoint).toMatch(`GET ${becomes} HTTP/1.1\r\n`);
  });

  it("keep a long absolute target and all lines whole", async () => {
    const host = "a".repeat(250);
    const lines = Array.from({ length: 90 }, (_, index) => `X-${index}: ${"v".repeat(250)}`).join("\r\n");
    const request = `GET http://${host}/${"p".repeat(7_000)} HTTP/1.1\r\nHost: x\r\n${lines}\r\n\r\n`;
    const { endpoint } = await forwarded(request, NO_CONTENT, [ingressOf("i", { "": { "/": "s" } })]);
    expect(endpoint).toContain(
      `GET /${"p".repeat(7_000)} HTTP/1.1\r\n${lines}\r\nHost: ${host}\r\nX-Forwarded-Host: ${host}\r\n`,
    );
    expect(endpoint).toMatch(/\r\nX-Request-ID: [0-9a-f]{32}\r\n\r\n$/);
  });

  it("cannot be split by a rewrite target", async () => {
    const rewrite = { kind: "replacePath", target: "/a b\r\nX: y" } as const;
    const { endpoint } = await forwarded("GET /web HTTP/1.1\r\nHost: a.com\r\n\r\n", NO_CONTENT, [
      ingressOf("i", { "a.com": { "/web": "s" } }, { settings: { rewrite } }),
    ]);
    expect(endpoint).toMatch("GET /a%20b%0D%0AX:%20y HTTP/1.1\r\n");
  });
});

describe("forwarded responses", () => {
  it("keep order and case, lose the fields for one hop, get Date and Server where they lack", async () => {
    const answer =
      "HTTP/1.1 299 Odd Reason\r\nx-b: 1\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nProxy-Authenticate: x\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n";
    const { client } = await forwarded("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n", answer);
    const [statusLine, ...lines] = client.split("\r\n");
    expect(statusLine).toBe("HTTP/1.1 299 Odd Reason");
    expect(lines.map((line) => line.replace(/^Date: .{3}, .* GMT$/, "Date: now"))).toEqual([
      "x-b: 1",
      "X-A: 2",
      "Content-Length: 0",
      "Date: now",
      "Server: hawser",
      "",
      "",
    ]);
  });

  it("keep the Date and Server of the endpoint", async () => {
    const { client } = await forwarded("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n", NO_CONTENT);
    expect(client).toBe(NO_CONTENT);
  });

  it("come in order to pipelined requests, also where some are our own answers", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      for (const [, path] of text.matchAll(/^GET (\S+)/gm))
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${path}`);
    });
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { ingresses: [ingressOf("i", { "a.com": { "/": "s" } })] },
    );
    const get = (path: string, host = "a.com") => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n`;
    const text = await ask(
      proxy.port,
      `${get("/1")}\r\n${get("/x", "b.com")}\r\n${get("/2")}\r\n${get("/x", "c.com")}\r\n${get("/3")}Connection: close\r\n\r\n`,
    );
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)|\r\n\r\n(\/\d)/g)].map((match) => match[1] ?? match[2])).toEqual([
      "200",
      "/1",
      "404",
      "200",
      "/2",
      "404",
      "200",
      "/3",
    ]);
  });

  it("serve thousands of pipelined requests that we answer ourselves", async () => {
    await using proxy = await startProxy({});
    const text = await ask(
      proxy.port,
      `${"GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3_000)}GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(text.match(/HTTP\/1\.1 404/g)).toHaveLength(3_001);
  });

  it.each([
    {
      name: "HEAD",
      request: "HEAD / HTTP/1.1\r\nHost: a.com\r\n\r\n",
      answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    },
    { name: "204", request: "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n", answer: "HTTP/1.1 204 No Content\r\n\r\n" },
    {
      name: "304",
      request: "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n",
      answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    },
  ])("of $name have no body, and the connection serves the next request", async ({ request, answer }) => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.startsWith("GET /next")) answering("next")(socket, text);
      else socket.write(answer);
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send(request);
    const first = await client.until((text) => text.endsWith("\r\n\r\n"));
    client.send("GET /next HTTP/1.1\r\nHost: a.com\r\n\r\n");
    const both = await client.until((text) => text.endsWith("next"));
    expect(both.slice(first.length)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(first.includes("Content-Length: 5")).toBe(answer.includes("Content-Length: 5"));
    expect(endpoint.connections).toHaveLength(1);
  });

  it("pass interim answers on", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.includes("POST"))
        socket.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
      if (text.endsWith("body")) answering("done")(socket, "\r\n\r\n");
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.send("POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 4\r\n\r\n");
    await client.until(
      (text) => text === "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
    );
    client.send("body");
    expect(await client.until((text) => text.endsWith("done"))).toContain("HTTP/1.1 200 OK");
  });

  it.each([
    {
      name: "closes after an HTTP/1.0 request",
      request: "GET / HTTP/1.0\r\nHost: a.com\r\n\r\n",
      has: "Connection: close",
    },
    {
      name: "closes where the client says so",
      request: "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n",
      has: "Connection: close",
    },
    {
      name: "takes a chunked body apart for HTTP/1.0",
      request: "GET /chunked HTTP/1.0\r\nHost: a.com\r\n\r\n",
      has: "Connection: close\r\n\r\nhello world",
    },
    {
      name: "ends with the connection where the endpoint's does",
      request: "GET /close HTTP/1.1\r\nHost: a.com\r\n\r\n",
      has: "Connection: close\r\n\r\nuntil close",
    },
  ])("$name", async ({ request, has }) => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.startsWith("GET /chunked"))
        socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5;x\r\nworld\r\n0\r\n\r\n");
      else if (text.startsWith("GET /close")) socket.end("HTTP/1.1 200 OK\r\n\r\nuntil close");
      else answering("ok")(socket, text);
    });
    await using proxy = await startProxy({ s: [endpoint.port] });
    const text = await ask(proxy.port, request);
    expect(text).toContain(has);
    expect(text).not.toContain("Transfer-Encoding");
  });

  it("keep an HTTP/1.0 connection that asks for it", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    const request = "GET / HTTP/1.0\r\nHost: a.com\r\nConnection: Keep-Alive\r\n\r\n";
    client.send(request);
    await client.until((text) => text.endsWith("\r\n\r\nok"));
    client.send(request);
    expect(
      (await client.until((text) => text.match(/ok/g)?.length === 2)).match(/Connection: keep-alive/g),
    ).toHaveLength(2);
  });

  it("answer a client that ends its side after the request, as nc does", async () => {
    await using endpoint = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [endpoint.port] });
    using client = openClient(proxy.port);
    client.socket.end("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    expect((await client.ended()).text).toMatch(/^HTTP\/1\.1 200 OK[^]*ok$/);
  });
});

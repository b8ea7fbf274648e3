import type { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { until } from "#lab/rack/until.ts";
import type { QuestionedRequest } from "#src/auth/auth-question.ts";
import type { MirrorPolicy } from "#src/filters/mirror-policy.ts";
import { isReachableAddress } from "#ingress/names/reachable-address.ts";
import { MirrorSender, type MirrorSenderOptions } from "#ingress/mirror/mirror-sender.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import {
  ask,
  closedPort,
  okWith,
  openClient,
  startEndpoint,
  startProxy,
  statusOf,
} from "#test/support/ingress-proxy.ts";

const LOOPBACK: MirrorSenderOptions = {
  lookup: (_host, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]),
  isReachable: () => true,
};

/** A copy asks for the end of its connection. */
function answerAndEnd(socket: Socket, text: string): void {
  if (text.includes("HTTP/1.1")) socket.end(okWith("ignored"));
}

/** A proxy whose rule sends copies to a second endpoint, which is silent unless `onCopy` answers. */
async function startMirrored(
  annotations: Readonly<Record<string, string>> = {},
  { onCopy = answerAndEnd, options = LOOPBACK, target = "http://shadow.test:PORT" } = {},
) {
  // Answers requests when they are whole.
  const endpoint = await startEndpoint((socket, text) => {
    if (/^GET|body$|\r\n0\r\n\r\n$/.test(text) || endpoint.received().endsWith("body")) socket.write(okWith("page"));
  });
  const shadow = await startEndpoint(onCopy);
  const mirror = new MirrorSender(options);
  const all = { "mirror-target": target.replace("PORT", String(shadow.port)), ...annotations };
  const ingresses = [annotatedIngress(all), annotatedIngress({}, "other", { host: "b.com" })];
  const proxy = await startProxy({ s: [endpoint.port] }, { ingresses, mirror });
  return {
    ...proxy,
    shadow,
    endpoint,
    mirror,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await shadow[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

const get = (path = "/", fields = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: a.com\r\n${fields}Connection: close\r\n\r\n`;

describe("mirror-target", () => {
  it("gets a copy of each request of its rule, with its fields, and nothing of the answer comes to the client", async () => {
    await using proxy = await startMirrored();
    const fields = "Cookie: a=b\r\nX-Mine: 1\r\nX-Forwarded-For: 9.9.9.9\r\n";
    expect(await ask(proxy.port, get("/shop?x=%20y", fields))).toMatch(/^HTTP\/1\.1 200 [^]*page$/);
    await until("the copy", () => proxy.mirror.counts.sent === 1);
    const copy = proxy.shadow.received();
    expect(copy).toMatch(/^GET \/shop\?x=%20y HTTP\/1\.1\r\nHost: shadow\.test:\d+\r\n/);
    for (const line of [
      "Cookie: a=b",
      "X-Mine: 1",
      "X-Forwarded-For: 127.0.0.1",
      "X-Forwarded-Host: a.com",
      "Connection: close",
      "X-Hawser-Hops: 1",
    ])
      expect(copy).toContain(`\r\n${line}\r\n`);
    expect(copy).not.toContain("9.9.9.9");
    expect(statusOf(await ask(proxy.port, get().replace("a.com", "b.com")))).toBe(200);
    expect(proxy.mirror.counts).toEqual({ sent: 1, "left-out": 0, failed: 0 });
  });

  it.each([
    { target: "http://shadow.test:PORT/", path: "/" },
    { target: "http://shadow.test:PORT/fixed", path: "/fixed" },
    { target: "http://shadow.test:PORT$request_uri", path: "/shop?x=1" },
    { target: "http://shadow.test:PORT/$request_uri", path: "/shop?x=1" },
    { target: "http://shadow.test:PORT/under$request_uri", path: "/under/shop?x=1" },
  ])("$target: the path $path", async ({ target, path }) => {
    await using proxy = await startMirrored({}, { target });
    await ask(proxy.port, get("/shop?x=1"));
    await until("the copy", () => proxy.shadow.received() !== "");
    expect(proxy.shadow.received()).toContain(`GET ${path} HTTP/1.1\r\n`);
  });

  it("mirror-host is the host of copies", async () => {
    await using proxy = await startMirrored({ "mirror-host": "x.example:81" });
    await ask(proxy.port, get());
    await until("the copy", () => proxy.shadow.received() !== "");
    expect(proxy.shadow.received()).toContain("\r\nHost: x.example:81\r\n");
  });

  it.each([
    {
      body: "on",
      framing: "Content-Length: 4",
      sent: "body",
      copied: "\r\nContent-Length: 4\r\n",
      ends: /\r\n\r\nbody$/,
    },
    {
      body: "on",
      framing: "Transfer-Encoding: chunked",
      sent: "4\r\nbody\r\n0\r\n\r\n",
      copied: "\r\nTransfer-Encoding: chunked\r\n",
      ends: /\r\n\r\n4\r\nbody\r\n0\r\n\r\n$/,
    },
    { body: "off", framing: "Content-Length: 4", sent: "body", copied: "POST", ends: /Connection: close\r\n\r\n$/ },
  ])("mirror-request-body $body, $framing", async ({ body, framing, sent, copied, ends }) => {
    await using proxy = await startMirrored({ "mirror-request-body": body });
    using client = openClient(proxy.port);
    client.send(`POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n${framing}\r\n\r\n`);
    // The copy waits for the rest of the body.
    await until("the endpoint to be asked", () => proxy.endpoint.received().includes("POST"));
    expect(proxy.shadow.received()).toBe("");
    for (const piece of [sent.slice(0, 3), sent.slice(3)]) client.send(piece);
    await until("the copy", () => proxy.mirror.counts.sent === 1);
    expect(proxy.shadow.received()).toContain(copied);
    expect(proxy.shadow.received()).toMatch(ends);
    if (body === "off") expect(proxy.shadow.received()).not.toContain("Content-Length");
  });

  it("has no copy of a body that is too large, or of a request that is given up", async () => {
    await using proxy = await startMirrored({}, { options: { ...LOOPBACK, copyMs: 100 } });
    using client = openClient(proxy.port);
    client.send(`POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 70000\r\n\r\n${"x".repeat(70_000)}`);
    await until("the copy to be left out", () => proxy.mirror.counts["left-out"] === 1);
    using other = openClient(proxy.port);
    other.send("POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 9\r\n\r\nhalf");
    await until("the endpoint to be asked", () => proxy.endpoint.received().endsWith("half"));
    other.socket.destroy();
    await until("the copy to be left out", () => proxy.mirror.counts["left-out"] === 2);
    // An endpoint may answer before the request is whole.
    using early = openClient(proxy.port);
    early.send("POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 9\r\n\r\nbody");
    await until("the copy to be left out", () => proxy.mirror.counts["left-out"] === 3);
    expect(proxy.shadow.received()).toBe("");
  });

  it.each([
    {
      what: "a trailer that its rule writes",
      annotations: { "configuration-snippet": 'proxy_set_header X-User "me";' },
      end: "0\r\nX-User: root\r\n\r\n",
    },
    { what: "a last piece that is too much", annotations: { "proxy-body-size": "6" }, end: "4\r\nmore\r\n0\r\n\r\n" },
    { what: "broken framing", annotations: {}, end: "z\r\n" },
  ])("has no copy of a request that is refused for $what", async ({ annotations, end }) => {
    await using proxy = await startMirrored(annotations);
    using client = openClient(proxy.port);
    client.send("POST / HTTP/1.1\r\nHost: a.com\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n");
    await until("the endpoint to be asked", () => proxy.endpoint.received().includes("some"));
    client.send(end);
    await until("the copy to be left out", () => proxy.mirror.counts["left-out"] === 1);
    expect(proxy.mirror.counts.sent).toBe(0);
    expect(proxy.shadow.received()).toBe("");
  });

  it("keeps a body in pieces of one byte in one buffer, and sends all of it", async () => {
    await using shadow = await startEndpoint(answerAndEnd);
    const mirror = new MirrorSender(LOOPBACK);
    const target = { scheme: "http", host: "shadow.test", port: shadow.port, target: [{ kind: "text", text: "/" }] };
    const request = { method: "POST", fields: [], remoteAddress: "::1", hostField: "a", isSecure: false, hops: 0 };
    const body = Buffer.from(Array.from({ length: 65_536 }, (_, index) => 97 + (index % 26)));
    const policy = { target, host: "x", sendsBody: true } as unknown as MirrorPolicy;
    const framing = `Content-Length: ${body.length}`;
    const copy = mirror.begin(policy, { request: request as unknown as QuestionedRequest, framing });
    const made = vi.spyOn(Buffer, "from");
    for (let at = 0; at < body.length; at++) copy?.add(body, at, at + 1);
    expect(made).not.toHaveBeenCalled();
    made.mockRestore();
    copy?.end();
    await until("the copy", () => mirror.counts.sent === 1);
    expect(shadow.received().endsWith(`\r\n\r\n${body.toString()}`)).toBe(true);
  });

  it("never delays a request: a target that is silent, refuses, or is asked too much", async () => {
    await using proxy = await startMirrored({}, { onCopy: () => undefined, options: { ...LOOPBACK, copyMs: 60_000 } });
    const answers = await Promise.all(Array.from({ length: 80 }, async () => statusOf(await ask(proxy.port, get()))));
    expect(new Set(answers)).toEqual(new Set([200]));
    // Of one target at most 64 at once.
    expect(proxy.mirror.counts).toEqual({ sent: 0, "left-out": 16, failed: 0 });
    await using refused = await startMirrored({}, { target: `http://shadow.test:${await closedPort()}` });
    expect(statusOf(await ask(refused.port, get()))).toBe(200);
    await until("the copy to fail", () => refused.mirror.counts.failed === 1);
  });

  it("gives a silent target up", async () => {
    await using proxy = await startMirrored({}, { onCopy: () => undefined, options: { ...LOOPBACK, copyMs: 50 } });
    expect(statusOf(await ask(proxy.port, get()))).toBe(200);
    await until("the copy to be given up", () => proxy.mirror.counts.failed === 1);
  });

  it.each(["http://127.0.0.1:PORT", "http://169.254.169.254/"])("%s is not asked", async (target) => {
    await using proxy = await startMirrored({}, { target, options: { ...LOOPBACK, isReachable: isReachableAddress } });
    expect(statusOf(await ask(proxy.port, get()))).toBe(200);
    expect(proxy.shadow.received()).toBe("");
    expect(proxy.mirror.counts.sent).toBe(0);
  });
});

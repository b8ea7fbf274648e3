import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
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
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

/** What the first endpoint does with a request. */
const FAILURES = {
  refuses: undefined,
  closes: (socket: Socket) => void socket.end(),
  breaks: (socket: Socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-"),
  "is silent": () => undefined,
  "has a huge head": (socket: Socket) => void socket.end(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(40_000)}\r\n\r\n`),
  "says 500": answer(500),
  "says 502": answer(502),
  "says 503": answer(503),
  "says 504": answer(504),
  "says 403": answer(403),
  "says 404": answer(404),
  "says 429": answer(429),
  "says 418": answer(418),
} as const;

type Failure = keyof typeof FAILURES;

function answer(status: number): (socket: Socket) => void {
  return (socket) => void socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 3\r\n\r\nbad`);
}

interface Case {
  readonly after: string;
  readonly method?: string;
  readonly first: Failure;
  readonly status: number;
}

const cases: readonly Case[] = [
  { after: "error", first: "refuses", status: 200 },
  { after: "error", first: "closes", status: 200 },
  { after: "error", first: "breaks", status: 200 },
  { after: "error", first: "is silent", status: 504 },
  { after: "error", first: "has a huge head", status: 502 },
  { after: "error", first: "says 503", status: 503 },
  { after: "timeout", first: "refuses", status: 502 },
  { after: "timeout", first: "closes", status: 502 },
  { after: "timeout", first: "is silent", status: 200 },
  { after: "invalid_header", first: "has a huge head", status: 200 },
  { after: "invalid_header", first: "closes", status: 502 },
  { after: "http_500", first: "says 500", status: 200 },
  { after: "http_502", first: "says 502", status: 200 },
  { after: "http_503", first: "says 503", status: 200 },
  { after: "http_504", first: "says 504", status: 200 },
  { after: "http_403", first: "says 403", status: 200 },
  { after: "http_404", first: "says 404", status: 200 },
  { after: "http_429", first: "says 429", status: 200 },
  { after: "http_500 http_404", first: "says 503", status: 503 },
  { after: "error timeout http_503", first: "says 503", status: 200 },
  { after: "error timeout http_503", first: "says 418", status: 418 },
  { after: "off", first: "refuses", status: 502 },
  { after: "off", first: "says 503", status: 503 },
  { after: "error off", first: "closes", status: 502 },
  // Nothing was sent yet: any method may go elsewhere.
  { after: "error", method: "POST", first: "refuses", status: 200 },
  { after: "error", method: "POST", first: "closes", status: 502 },
  { after: "error", method: "PATCH", first: "closes", status: 502 },
  { after: "error", method: "LOCK", first: "closes", status: 502 },
  { after: "error", method: "PUT", first: "closes", status: 200 },
  { after: "error", method: "PROPFIND", first: "closes", status: 200 },
  { after: "http_503", method: "POST", first: "says 503", status: 503 },
  { after: "error non_idempotent", method: "POST", first: "closes", status: 200 },
  { after: "timeout non_idempotent", method: "POST", first: "is silent", status: 200 },
  { after: "http_503 non_idempotent", method: "POST", first: "says 503", status: 200 },
];

/** A request whose body the second endpoint has to get whole. */
function requestTo(path: string, { method = "GET" }: Case): string {
  const body = method === "GET" ? "" : "Content-Length: 4\r\n\r\nbody";
  return `${method} ${path} HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n${body === "" ? "\r\n" : body}`;
}

async function startPair(first: Failure) {
  const script = FAILURES[first];
  const bad = await startEndpoint((socket, text) => text.includes(" HTTP/1.1") && script?.(socket));
  const good = await startEndpoint((socket) => socket.write(okWith("good")));
  const refusing = await closedPort();
  return {
    ports: [script === undefined ? refusing : bad.port, good.port],
    /** How many requests each has got, and with how many bodies. */
    got: () =>
      [bad, good].map((one) => [
        one.received().split(" HTTP/1.1").length - 1,
        one.received().split("\r\n\r\nbody").length - 1,
      ]),
    [Symbol.asyncDispose]: async () => void (await Promise.all([bad, good].map((one) => one[Symbol.asyncDispose]()))),
  };
}

describe("proxy-next-upstream", () => {
  it.each(cases)("$after, $method: an endpoint that $first: $status", async (one) => {
    await using pair = await startPair(one.first);
    const annotations = { "proxy-next-upstream": one.after, "proxy-read-timeout": "300ms" };
    await using proxy = await startProxy({ s: pair.ports }, { ingresses: [annotatedIngress(annotations)] });
    expect(statusOf(await ask(proxy.port, requestTo("/", one)))).toBe(one.status);
    const hasBody = one.method === undefined ? 0 : 1;
    const isAgain = one.status === 200;
    expect(pair.got()).toEqual([one.first === "refuses" ? [0, 0] : [1, hasBody], isAgain ? [1, hasBody] : [0, 0]]);
    expect(proxy.engine.counters.retries).toBe(isAgain ? 1 : 0);
  });

  it.skipIf(!hasNginx())("decides as nginx does, request by request", async () => {
    const pairs = await Promise.all(cases.map(({ first }) => startPair(first)));
    const upstreams = pairs.map(
      ({ ports }, index) =>
        `upstream u${index} { ${ports.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join(" ")} }`,
    );
    const locations = cases.map(
      ({ after }, index) =>
        `location /${index}/ { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_next_upstream ${after}; proxy_read_timeout 300ms; proxy_pass http://u${index}; }`,
    );
    await using nginx = await startNginx({ endpointPort: 1, http: upstreams.join("\n"), more: locations.join("\n") });
    const answers = await Promise.all(cases.map((one, index) => ask(nginx.port, requestTo(`/${index}/`, one))));
    expect(answers.map(statusOf)).toEqual(cases.map(({ status }) => status));
    const hasBody = cases.map(({ method }) => (method === undefined ? 0 : 1));
    expect(pairs.map(({ got }) => got())).toEqual(
      cases.map(({ first, status }, index) => [
        first === "refuses" ? [0, 0] : [1, hasBody[index]],
        status === 200 ? [1, hasBody[index]] : [0, 0],
      ]),
    );
    await Promise.all(pairs.map((pair) => pair[Symbol.asyncDispose]()));
  });

  it("passes on what the last endpoint says", async () => {
    await using endpoint = await startEndpoint((socket) => answer(503)(socket));
    const ingresses = [annotatedIngress({ "proxy-next-upstream": "http_503" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    expect(await ask(proxy.port, requestTo("/", cases[0]!))).toMatch(/^HTTP\/1\.1 503 .*bad$/s);
  });

  it("asks no other one after a part of an answer has gone to the client", async () => {
    await using bad = await startEndpoint(
      (socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
    );
    await using good = await startEndpoint((socket) => socket.write(okWith("good")));
    const ingresses = [annotatedIngress({ "proxy-next-upstream": "error" })];
    await using proxy = await startProxy({ s: [bad.port, good.port] }, { ingresses });
    using client = openClient(proxy.port);
    client.send(requestTo("/", cases[0]!));
    expect(await client.ended()).toMatchObject({ text: expect.stringContaining("half"), wasReset: true });
    expect(good.received()).toBe("");
  });

  it("asks no other one after an interim answer has gone to the client", async () => {
    await using bad = await startEndpoint((socket) => void socket.end("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"));
    await using good = await startEndpoint((socket) => socket.write(okWith("good")));
    const ingresses = [annotatedIngress({ "proxy-next-upstream": "error" })];
    await using proxy = await startProxy({ s: [bad.port, good.port] }, { ingresses });
    expect(await ask(proxy.port, requestTo("/", cases[0]!))).toMatch(/^HTTP\/1\.1 103 .*HTTP\/1\.1 502 /s);
    expect(good.received()).toBe("");
  });

  it("does not send a body again that is too large to be kept", async () => {
    await using bad = await startEndpoint((socket, text) => text.endsWith("end") && void socket.end());
    await using good = await startEndpoint((socket) => socket.write(okWith("good")));
    const ingresses = [annotatedIngress({ "proxy-next-upstream": "error" })];
    await using proxy = await startProxy({ s: [bad.port, good.port] }, { ingresses });
    using client = openClient(proxy.port);
    client.send(
      `PUT / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nContent-Length: 100003\r\n\r\n${"x".repeat(100_000)}end`,
    );
    expect(statusOf((await client.ended()).text)).toBe(502);
    expect(good.received()).toBe("");
  });

  it.each([
    { within: "1ms", status: 504 },
    { within: "0", status: 200 },
    { within: "1h", status: 200 },
  ])("proxy-next-upstream-timeout $within: $status after 100 ms", async ({ within, status }) => {
    await using pair = await startPair("is silent");
    const annotations = {
      "proxy-next-upstream": "timeout",
      "proxy-read-timeout": "100ms",
      "proxy-next-upstream-timeout": within,
    };
    await using proxy = await startProxy({ s: pair.ports }, { ingresses: [annotatedIngress(annotations)] });
    expect(statusOf(await ask(proxy.port, requestTo("/", cases[0]!)))).toBe(status);
  });

  it("proxy-next-upstream-timeout alone bounds what is done without an annotation", async () => {
    await using endpoint = await startEndpoint((socket) => void socket.end());
    await using good = await startEndpoint((socket) => socket.write(okWith("good")));
    const ingresses = [annotatedIngress({ "proxy-next-upstream-timeout": "1h" })];
    await using proxy = await startProxy({ s: [endpoint.port, good.port] }, { ingresses });
    expect(statusOf(await ask(proxy.port, requestTo("/", { ...cases[0]!, method: "POST" })))).toBe(502);
    await until("the endpoint to be asked", () => endpoint.received() !== "");
    expect(statusOf(await ask(proxy.port, requestTo("/", cases[0]!)))).toBe(200);
  });
});

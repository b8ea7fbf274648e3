import { describe, expect, it } from "vitest";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import {
  answering,
  ask,
  openClient,
  okWith,
  startEndpoint,
  startProxy,
  type TestEndpoint,
} from "#test/support/ingress-proxy.ts";

/** Endpoints that answer with their index. */
async function startEndpoints(count: number): Promise<readonly TestEndpoint[] & AsyncDisposable> {
  const endpoints: TestEndpoint[] = [];
  for (let index = 0; index < count; index++) endpoints.push(await startEndpoint(answering(String(index))));
  return Object.assign(endpoints, {
    async [Symbol.asyncDispose]() {
      for (const endpoint of endpoints) await endpoint[Symbol.asyncDispose]();
    },
  });
}

function startReplica(settings: IngressSettings, endpoints: readonly TestEndpoint[]) {
  const ingresses = [ingressOf("i", { "a.com": { "/": "s", "/shop": "s" } }, { settings })];
  return startProxy({ s: endpoints.map(({ port }) => port) }, { ingresses });
}

/** One request on a new connection: the body, and the fields by which the answer sets cookies. */
async function visit(port: number, cookie?: string, path = "/") {
  using client = openClient(port);
  client.send(`GET ${path} HTTP/1.1\r\nHost: a.com\r\n${cookie === undefined ? "" : `Cookie: x=1; ${cookie}\r\n`}\r\n`);
  const text = await client.until((all) => /\r\n\r\n\d$/.test(all));
  const set = [...text.matchAll(/^Set-Cookie: (.*)\r$/gm)].map(([, value]) => value ?? "");
  return { body: text.slice(-1), set, cookie: set[0]?.split(";")[0] ?? cookie };
}

const STICKY: IngressSettings = { affinity: "cookie" };

describe.each(["balanced", "persistent"] as const)("affinity: cookie, %s", (affinityMode) => {
  const settings = { ...STICKY, affinityMode };

  it("sets the cookie once, and every replica sends the client to the same endpoint", async () => {
    await using endpoints = await startEndpoints(4);
    await using one = await startReplica(settings, endpoints);
    await using other = await startReplica(settings, endpoints);
    const bodies = new Set<string>();
    for (let client = 0; client < 24; client++) {
      const first = await visit(one.port);
      expect(first.set).toHaveLength(1);
      expect(first.set[0]).toMatch(/^INGRESSCOOKIE=[0-9a-f]{16}\.[0-9a-f]{8}; Path=\/; HttpOnly$/);
      expect(await visit(one.port, first.cookie)).toEqual({ body: first.body, set: [], cookie: first.cookie });
      expect(await visit(other.port, first.cookie)).toEqual({ body: first.body, set: [], cookie: first.cookie });
      bodies.add(first.body);
    }
    expect(bodies.size).toBeGreaterThan(2);
  });

  it("keeps the session when the proxy starts again", async () => {
    await using endpoints = await startEndpoints(4);
    const before = await startReplica(settings, endpoints);
    const first = await visit(before.port);
    await before[Symbol.asyncDispose]();
    await using after = await startReplica(settings, endpoints);
    expect((await visit(after.port, first.cookie)).body).toBe(first.body);
  });

  it.each(["10.0.0.7:80", "0123456789abcdef.00000000", "1700000000.1.2.3|0c1f"])(
    "does not take the cookie %s, and sets its own",
    async (forged) => {
      await using endpoints = await startEndpoints(2);
      await using proxy = await startReplica(settings, endpoints);
      const first = await visit(proxy.port, `INGRESSCOOKIE=${forged}`);
      expect(first.set).toHaveLength(1);
      expect(first.cookie).not.toContain(forged);
      expect((await visit(proxy.port, first.cookie)).body).toBe(first.body);
    },
  );

  it("answers a client whose endpoint refuses connections from another one, and leaves its cookie", async () => {
    await using endpoints = await startEndpoints(3);
    await using proxy = await startReplica(settings, endpoints);
    const first = await visit(proxy.port);
    await endpoints[Number(first.body)]![Symbol.asyncDispose]();
    const second = await visit(proxy.port, first.cookie);
    expect(second.body).not.toBe(first.body);
    expect(second.set).toEqual([]);
  });

  it("with session-cookie-change-on-failure the client stays with the one that answered", async () => {
    await using endpoints = await startEndpoints(3);
    await using proxy = await startReplica({ ...settings, cookieChangeOnFailure: true }, endpoints);
    const first = await visit(proxy.port);
    await endpoints[Number(first.body)]![Symbol.asyncDispose]();
    const second = await visit(proxy.port, first.cookie);
    expect(second.set).toHaveLength(1);
    for (let count = 0; count < 5; count++) expect((await visit(proxy.port, second.cookie)).body).toBe(second.body);
  });

  it("a client whose endpoint is gone gets another one, and stays there", async () => {
    await using endpoints = await startEndpoints(3);
    await using proxy = await startReplica(settings, endpoints);
    const first = await visit(proxy.port);
    const rest = endpoints.filter((_, index) => String(index) !== first.body);
    proxy.setEndpoints({ s: rest.map(({ port }) => port) });
    const second = await visit(proxy.port, first.cookie);
    expect(second.body).not.toBe(first.body);
    for (let count = 0; count < 5; count++) expect((await visit(proxy.port, second.cookie)).body).toBe(second.body);
  });
});

describe("the cookie of a session", () => {
  it("has the path of its rule, and the attributes that annotations say", async () => {
    await using endpoints = await startEndpoints(1);
    await using proxy = await startReplica(
      { ...STICKY, cookieName: "Route", cookieMaxAge: 600, cookieSameSite: "Lax", cookieSecure: true },
      endpoints,
    );
    const { set } = await visit(proxy.port, undefined, "/shop/cart");
    expect(set[0]).toMatch(/^Route=[0-9a-f.]{25}; Path=\/shop; Max-Age=600; Secure; HttpOnly; SameSite=Lax$/);
  });

  it("is set beside those of the endpoint, and not in an interim answer", async () => {
    await using endpoint = await startEndpoint((socket) => {
      socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
      socket.write(okWith("0").replace("\r\n", "\r\nSet-Cookie: app=1\r\n"));
    });
    await using proxy = await startReplica(STICKY, [endpoint]);
    const { set } = await visit(proxy.port);
    expect(set).toHaveLength(2);
    expect(set[0]).toBe("app=1");
  });

  it("is not set by answers that no endpoint gave", async () => {
    await using proxy = await startReplica(STICKY, []);
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    const text = await client.until((all) => all.includes("\r\n\r\n"));
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(text).not.toContain("Set-Cookie");
  });
});

const AGENTS = [
  {
    agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    has: true,
  },
  {
    agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/66.0.3359.139 Safari/537.36",
    has: false,
  },
  {
    agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 12_4 like Mac OS X) AppleWebKit/605.1.15 Version/12.1.2 Safari/604.1",
    has: false,
  },
  { agent: "Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 Version/12.1 Safari/604.1", has: false },
  {
    agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 Version/18.4 Safari/604.1",
    has: true,
  },
  {
    agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/605.1.15 Version/12.1.2 Safari/605.1.15",
    has: false,
  },
  {
    agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
    has: true,
  },
  { agent: "", has: true },
];

describe("session-cookie-conditional-samesite-none", () => {
  it.each(AGENTS)("C the cookie of $agent has SameSite=None: $has", async ({ agent, has }) => {
    await using endpoints = await startEndpoints(1);
    const annotations = { affinity: "cookie", "session-cookie-samesite": "None" };
    for (const [more, expected] of [
      [{}, true],
      [{ "session-cookie-conditional-samesite-none": "true" }, has],
      [{ "session-cookie-conditional-samesite-none": "true", "session-cookie-samesite": "Lax" }, false],
    ] as const) {
      const ingresses = [annotatedIngress({ ...annotations, ...more })];
      await using proxy = await startProxy({ s: [endpoints[0]!.port] }, { ingresses });
      const field = agent === "" ? "" : `User-Agent: ${agent}\r\n`;
      const answer = await ask(proxy.port, `GET / HTTP/1.1\r\nHost: a.com\r\n${field}Connection: close\r\n\r\n`);
      expect([answer.includes("Set-Cookie: INGRESSCOOKIE="), answer.includes("SameSite=None")]).toEqual([
        true,
        expected,
      ]);
    }
  });
});

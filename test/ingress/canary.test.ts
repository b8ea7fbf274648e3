import { describe, expect, it } from "vitest";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, openClient, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

/** A proxy for `a.com` with a main Ingress (answers 0) and a canary (answers 1). */
async function startWorld(canary: IngressSettings, main: IngressSettings = {}) {
  const [old, fresh] = [await startEndpoint(answering("0")), await startEndpoint(answering("1"))];
  const ingresses = [
    ingressOf("main", { "a.com": { "/": "old" } }, { settings: main }),
    ingressOf("canary", { "a.com": { "/": "new" } }, { createdMs: 1, settings: { canary: true, ...canary } }),
  ];
  const proxy = await startProxy({ old: [old.port], new: [fresh.port] }, { ingresses });
  return {
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await old[Symbol.asyncDispose]();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

/** How many of so many requests with these lines the canary answers, all on one connection. */
async function countCanary(port: number, times: number, lines = ""): Promise<number> {
  using client = openClient(port);
  for (let count = 1; count <= times; count++) {
    client.send(`GET / HTTP/1.1\r\nHost: a.com\r\n${lines}\r\n`);
    await client.until((text) => text.split("HTTP/1.1 200").length === count + 1 && /\r\n\r\n\d$/.test(text));
  }
  return client.text().split("\r\n\r\n1").length - 1;
}

describe("a canary through the proxy", () => {
  it.each([{ canaryWeight: 10 }, { canaryWeight: 100, canaryWeightTotal: 1_000 }])(
    "gets about 100 of 1,000 requests by %j",
    async (weights) => {
      await using world = await startWorld(weights);
      let count = 0;
      for (let round = 0; round < 10; round++) count += await countCanary(world.proxy.port, 100);
      // Six standard deviations.
      expect(Math.abs(count - 100)).toBeLessThan(57);
    },
  );

  it.each([
    { affinityCanaryBehavior: "sticky", is: 3 },
    { affinityCanaryBehavior: "legacy", is: 0 },
  ] as const)("by $affinityCanaryBehavior a session of the canary stays there for $is of 3 requests", async (given) => {
    const { is, affinityCanaryBehavior } = given;
    await using world = await startWorld({ canaryByCookie: "beta", affinityCanaryBehavior }, { affinity: "cookie" });
    using client = openClient(world.proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\nCookie: beta=always\r\n\r\n");
    const text = await client.until((all) => all.endsWith("\r\n\r\n1"));
    const cookie = /^Set-Cookie: (INGRESSCOOKIE=[^;]*)/m.exec(text)?.[1] ?? "x=1";
    expect(await countCanary(world.proxy.port, 3, `Cookie: ${cookie}; beta=never\r\n`)).toBe(is);
  });

  it.each([
    { lines: "X-Canary: always\r\n", is: 5 },
    { lines: "X-Canary: never\r\nCookie: beta=always\r\n", is: 0 },
    { lines: "Cookie: a=b; beta=always\r\n", is: 5 },
    { lines: "X-Canary: other\r\nCookie: beta=never\r\n", is: 0 },
    { lines: "", is: 0 },
  ])("by header, then cookie: $is of 5 with $lines", async ({ lines, is }) => {
    await using world = await startWorld({ canaryByHeader: "x-canary", canaryByCookie: "beta" });
    expect(await countCanary(world.proxy.port, 5, lines)).toBe(is);
  });

  it("keeps a session with the side that its cookie is for", async () => {
    await using world = await startWorld({ canaryWeight: 50 }, { affinity: "cookie" });
    for (let session = 0; session < 12; session++) {
      using client = openClient(world.proxy.port);
      client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
      const text = await client.until((all) => /\r\n\r\n\d$/.test(all));
      const cookie = /^Set-Cookie: (INGRESSCOOKIE=[^;]*)/m.exec(text)?.[1] ?? "";
      expect(await countCanary(world.proxy.port, 10, `Cookie: ${cookie}\r\n`)).toBe(text.endsWith("1") ? 10 : 0);
    }
  });

  it("sends all to the main Ingress while the canary has no endpoint", async () => {
    await using world = await startWorld({ canaryWeight: 100 });
    expect(await countCanary(world.proxy.port, 3)).toBe(3);
    const [endpoint] = [await startEndpoint(answering("0"))];
    world.proxy.setEndpoints({ old: [endpoint.port], new: [] });
    expect(await countCanary(world.proxy.port, 3)).toBe(0);
    await endpoint[Symbol.asyncDispose]();
  });
});

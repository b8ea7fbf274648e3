import { describe, expect, it } from "vitest";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import {
  answering,
  openClient,
  startEndpoint,
  startProxy,
  statusOf,
  type TestEndpoint,
} from "#test/support/ingress-proxy.ts";
import { until } from "#lab/rack/until.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";

/** A proxy for `a.com` whose endpoints answer with their index. */
async function startWorld(settings: IngressSettings, count: number) {
  const endpoints: TestEndpoint[] = [];
  for (let index = 0; index < count; index++) endpoints.push(await startEndpoint(answering(String(index))));
  const ingresses = [ingressOf("i", { "a.com": { "/": "s" } }, { settings })];
  const proxy = await startProxy({ s: endpoints.map(({ port }) => port) }, { ingresses });
  return {
    proxy,
    endpoints,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      for (const endpoint of endpoints) await endpoint[Symbol.asyncDispose]();
    },
  };
}

/** Sends requests one after the other on one connection; the bodies of the answers. */
async function bodies(port: number, targets: readonly string[], lines = ""): Promise<readonly string[]> {
  using client = openClient(port);
  for (const [index, target] of targets.entries()) {
    client.send(`GET ${target} HTTP/1.1\r\nHost: a.com\r\n${lines}\r\n`);
    await client.until((text) => text.split("HTTP/1.1 200").length === index + 2 && /\r\n\r\n\d$/.test(text));
  }
  return [...client.text().matchAll(/\r\n\r\n(\d)/g)].map(([, body]) => body ?? "");
}

function countsOf(answers: readonly string[], count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => answers.filter((body) => body === String(index)).length);
}

const TARGETS = Array.from({ length: 300 }, (_, index) => `/?id=${index}`);

describe("endpoints through the proxy", () => {
  it("take turns by default, two alternate strictly", async () => {
    await using world = await startWorld({}, 2);
    const answers = await bodies(world.proxy.port, TARGETS.slice(0, 20));
    expect(answers.join("")).toMatch(/^(?:(?:01)+|(?:10)+)$/);
  });

  it("by load-balance least_conn: one that keeps a request waiting gets no other", async () => {
    await using world = await startWorld({ loadBalance: "least-connections" }, 2);
    await using slow = await startEndpoint(() => undefined);
    world.proxy.setEndpoints({ s: [slow.port, world.endpoints[1]!.port] });
    using one = openClient(world.proxy.port);
    using two = openClient(world.proxy.port);
    // The first of the two waits at the slow endpoint, the other is answered.
    one.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    two.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await until("the slow endpoint has a request", () => slow.received().includes("\r\n\r\n"));
    const answers = await bodies(world.proxy.port, TARGETS.slice(0, 50));
    expect(countsOf(answers, 2)).toEqual([0, 50]);
  });

  it("by load-balance ewma: all get requests, and their loads are counted down", async () => {
    await using world = await startWorld({ loadBalance: "ewma" }, 3);
    const counts = countsOf(await bodies(world.proxy.port, TARGETS), 3);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(300);
    const [shard] = world.proxy.engine.routes.backends.shards.filter((one) => one.size > 0);
    const { endpoints } = [...shard!.values()][0]!;
    const { loads } = world.proxy.engine.balancer.groups.of(endpoints, 0);
    expect(loads.map(({ underWay }) => underWay)).toEqual([0, 0, 0]);
    expect(loads.some(({ averageMs }) => averageMs !== undefined)).toBe(true);
  });

  it("by upstream-hash-by: the same id always leads to the same one, and every one has ids", async () => {
    await using world = await startWorld({ hashBy: [{ kind: "argument", name: "id" }] }, 3);
    const answers = await bodies(world.proxy.port, TARGETS);
    expect(await bodies(world.proxy.port, TARGETS.slice(1))).toEqual(answers.slice(1));
    expect(Math.min(...countsOf(answers, 3))).toBeGreaterThan(60);
  });

  it("by upstream-hash-by: an endpoint that refuses connections loses its ids to the others, which keep theirs", async () => {
    await using world = await startWorld({ hashBy: [{ kind: "header", name: "x-user" }] }, 3);
    const ask = async (user: number) => (await bodies(world.proxy.port, ["/"], `X-User: ${user}\r\n`)).join("");
    const before: string[] = [];
    for (let user = 0; user < 30; user++) before.push(await ask(user));
    await world.endpoints[1]![Symbol.asyncDispose]();
    for (let user = 0; user < 30; user++) {
      const now = await ask(user);
      if (before[user] === "1") expect(["0", "2"]).toContain(now);
      else expect(now).toBe(before[user]);
    }
  });

  it("by upstream-hash-by-subset: one text is shared by two of five", async () => {
    await using world = await startWorld(
      { hashBy: [{ kind: "variable", name: "uri" }], hashBySubset: true, hashBySubsetSize: 2 },
      5,
    );
    const counts = countsOf(await bodies(world.proxy.port, TARGETS), 5).filter((count) => count > 0);
    expect(counts).toHaveLength(2);
    expect(Math.min(...counts)).toBeGreaterThan(100);
  });

  it("answers 502 where none can be reached, however they are chosen", async () => {
    await using world = await startWorld({ loadBalance: "ewma" }, 2);
    for (const endpoint of world.endpoints) await endpoint[Symbol.asyncDispose]();
    using client = openClient(world.proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    expect(statusOf(await client.until((text) => text.includes("\r\n\r\n")))).toBe(502);
  });
});

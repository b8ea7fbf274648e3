import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Metric, Registry } from "prom-client";
import { describe, expect, it, vi } from "vitest";
import { type AdminServer, startAdminServer } from "#src/process/admin-server.ts";
import { createHealth } from "#src/process/health.ts";
import { createLogger } from "#src/process/log.ts";
import { createRegistry } from "#src/process/create-registry.ts";
import type { MetricSample } from "#src/process/metric-sample.ts";
import { printMetrics, SLICE_LENGTH } from "#src/process/print-metrics.ts";
import { eventually } from "#test/support/eventually.ts";
import { standsStill } from "#test/support/ingress-proxy.ts";

type Samples = () => Iterable<MetricSample | undefined>;

/** A registry with one computed metric. */
function registryOf(samples: Samples, registry = new Registry()): Registry {
  registry.registerMetric({ name: "m", help: "a\nb\\c", type: "counter", samples } as unknown as Metric);
  return registry;
}

/** `count` samples; `made.count` says how many were taken. */
function countedSamples(count: number): { readonly samples: Samples; readonly made: { count: number } } {
  const made = { count: 0 };
  return {
    made,
    *samples() {
      for (let index = 0; index < count; index++) {
        made.count += 1;
        yield { labels: { namespace: "shop", ingress: `web-${index}` }, value: index };
      }
    },
  };
}

async function pageOf(registry: Registry): Promise<string> {
  let page = "";
  for await (const slice of printMetrics(registry)) page += slice;
  return page;
}

describe("printMetrics()", () => {
  it.each([
    { name: "no labels", sample: { labels: {}, value: 1 }, line: "m 1" },
    { name: "two labels", sample: { labels: { a: "x", b: 2 }, value: 0.5 }, line: 'm{a="x",b="2"} 0.5' },
    {
      name: "a bucket",
      sample: { metricName: "m_bucket", labels: { a: "x" }, le: "+Inf", value: 3 },
      line: 'm_bucket{a="x",le="+Inf"} 3',
    },
    {
      name: "a bucket alone",
      sample: { metricName: "m_bucket", labels: {}, le: 0.1, value: 3 },
      line: 'm_bucket{le="0.1"} 3',
    },
    { name: "a text with signs", sample: { labels: { a: 'q"\\\n' }, value: 1 }, line: 'm{a="q\\"\\\\\\n"} 1' },
    { name: "no number", sample: { labels: {}, value: Number.NaN }, line: "m NaN" },
    { name: "infinity", sample: { labels: {}, value: Infinity }, line: "m +Inf" },
    { name: "below all", sample: { labels: {}, value: -Infinity }, line: "m -Inf" },
  ] satisfies readonly { name: string; sample: MetricSample; line: string }[])(
    "prints $name as prom-client does",
    async ({ sample, line }) => {
      const page = await pageOf(registryOf(() => [sample]));
      expect(page).toBe(`# HELP m a\\nb\\\\c\n# TYPE m counter\n${line}\n`);
      const { le, ...others } = sample as MetricSample;
      const values = [{ ...others, labels: le === undefined ? others.labels : { ...others.labels, le } }];
      const theirs = new Registry();
      theirs.registerMetric({
        name: "m",
        get: async () => ({ name: "m", help: "a\nb\\c", type: "counter", values }),
      } as unknown as Metric);
      // It writes `Nan`.
      expect(page).toBe((await theirs.metrics()).replace(" Nan\n", " NaN\n"));
    },
  );

  it("has the metrics of prom-client as it prints them, but for values that change meanwhile", async () => {
    const registry = createRegistry("test");
    const names = (page: string) =>
      page
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.replace(/ \S+$/, ""));
    expect(names(await pageOf(registry))).toEqual(names(await registry.metrics()));
  });

  it("makes 10,000 Ingresses in slices, and other work has a turn after each", async () => {
    const { samples, made } = countedSamples(10_000);
    let turns = 0;
    const isEnding = new AbortController();
    const others = (async () => {
      while (!isEnding.signal.aborted) {
        await nextTurn();
        turns += 1;
      }
    })();
    let slices = 0;
    let lines = 0;
    for await (const slice of printMetrics(registryOf(samples))) {
      expect(slice.length).toBeLessThan(SLICE_LENGTH + 100);
      // No more is made than the slice says: HELP and TYPE are two of the lines.
      lines += slice.split("\n").length - 1;
      expect(made.count).toBe(lines - 2);
      expect(turns).toBeGreaterThanOrEqual(slices);
      slices += 1;
    }
    isEnding.abort();
    await others;
    expect([lines, made.count]).toEqual([10_002, 10_000]);
    expect(slices).toBeGreaterThan(20);
  });

  it("gives other work its turn where a metric works without a line", async () => {
    let turns = 0;
    const registry = registryOf(function* () {
      for (let index = 0; index < 5; index++) {
        setImmediate(() => (turns += 1));
        yield undefined;
      }
      yield { labels: {}, value: turns };
    });
    expect(await pageOf(registry)).toContain("\nm 5\n");
  });
});

const log = createLogger({ component: "test", level: "silent" });

async function adminOf(registry: Registry, silenceMs?: number): Promise<AdminServer & AsyncDisposable> {
  const admin = startAdminServer({ port: 0, address: "127.0.0.1", health: createHealth([]), registry, log, silenceMs });
  await admin.listening;
  return Object.assign(admin, { [Symbol.asyncDispose]: async () => admin.close() });
}

/** What a client gets: the status, the length of the body, and whether it was whole. */
async function scrape(
  port: number,
  method = "GET",
): Promise<readonly [status: number, length: number, isWhole: boolean]> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: "127.0.0.1", path: "/metrics", method, agent: false }, (response) => {
      let length = 0;
      const end = () => resolve([response.statusCode ?? 0, length, response.complete]);
      response
        .on("data", (part: Buffer) => (length += part.length))
        .on("end", end)
        .on("error", end);
    });
    asked.on("error", reject).end();
  });
}

describe("/metrics", () => {
  it("of a client that reads nothing is not made, and the client is closed", async () => {
    const { samples, made } = countedSamples(1_000_000);
    await using admin = await adminOf(registryOf(samples), 300);
    const client = connect(admin.port, "127.0.0.1").on("error", () => undefined);
    await once(client, "connect");
    client.pause().write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    await vi.waitUntil(async () => (await scrape(admin.port, "HEAD"))[0] === 200 && made.count > 1_000, eventually);
    // Where nothing more is made, it stays so: the kernel's buffers are full.
    await vi.waitUntil(
      standsStill(() => made.count),
      eventually,
    );
    expect(made.count).toBeLessThan(1_000_000);
    client.resume();
    await once(client, "close");
  });

  it("is answered 500 where the first slice cannot be made, and cut off where a later one cannot", async () => {
    const failing = (count: number) =>
      registryOf(function* () {
        yield* countedSamples(count).samples();
        throw new Error("no");
      });
    await using first = await adminOf(failing(0));
    expect(await scrape(first.port)).toEqual([500, "internal error\n".length, true]);
    await using later = await adminOf(failing(5_000));
    const [status, length, isWhole] = await scrape(later.port);
    expect([status, isWhole]).toEqual([200, false]);
    expect(length).toBeGreaterThan(0);
  });

  it("has no body for HEAD, and makes one slice at most", async () => {
    const { samples, made } = countedSamples(100_000);
    await using admin = await adminOf(registryOf(samples));
    expect(await scrape(admin.port, "HEAD")).toEqual([200, 0, true]);
    expect(made.count).toBeLessThan(SLICE_LENGTH);
  });
});

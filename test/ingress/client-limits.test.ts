import { describe, expect, it } from "vitest";
import { AccessLog } from "#ingress/engine/log/access-log.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { until } from "#lab/rack/until.ts";
import { limitReqModel } from "#test/filters/nginx-limit-req.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import {
  answering,
  type Client,
  okWith,
  openClient,
  startEndpoint,
  startProxy,
  type TestEndpoint,
} from "#test/support/ingress-proxy.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";

const TIMES = ["headMs", "keepAliveMs", "clientGapMs", "connectMs", "endpointGapMs", "endpointIdleMs"] as const;

type Statuses = Readonly<Record<string, number>>;

/** How many of so many requests in one packet are answered with each status. */
async function statusesOf(port: number, count: number, localAddress?: string): Promise<Statuses> {
  using client = openClient(port, localAddress);
  client.send(GET.repeat(count));
  return countOf(await client.until((text) => statusLines(text).length === count));
}

function statusLines(text: string): readonly string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = ""]) => status);
}

function countOf(text: string): Statuses {
  const counts: Record<string, number> = {};
  for (const status of statusLines(text)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Limits by the minute, of which none lets one more request through while a test runs. */
const rates = [
  { name: "10 a minute", annotations: { "limit-rpm": "10" }, served: 51 },
  { name: "10 a minute, twice at once", annotations: { "limit-rpm": "10", "limit-burst-multiplier": "2" }, served: 21 },
  { name: "10 a minute and 1000 a second", annotations: { "limit-rpm": "10", "limit-rps": "1000" }, served: 51 },
  { name: "4 a minute and 100 a second", annotations: { "limit-rpm": "4", "limit-rps": "100" }, served: 21 },
  { name: "no limit", annotations: { "limit-rpm": "0", "limit-rps": "0" }, served: 80 },
];

/** What nginx's configuration for these annotations is, as ingress-nginx writes it. */
function nginxOf(annotations: Readonly<Record<string, string>>): { readonly http: string; readonly location: string } {
  const burst = Number(annotations["limit-burst-multiplier"] ?? 5);
  const limits = [
    { unit: "s", count: Number(annotations["limit-rps"] ?? 0) },
    { unit: "m", count: Number(annotations["limit-rpm"] ?? 0) },
  ].filter(({ count }) => count > 0);
  const connections = Number(annotations["limit-connections"] ?? 0);
  const zones = limits.map(
    ({ unit, count }) => `limit_req_zone $binary_remote_addr zone=${unit}:5m rate=${count}r/${unit};`,
  );
  const uses = limits.map(({ unit, count }) => `limit_req zone=${unit} burst=${count * burst} nodelay;`);
  return {
    http: ["limit_conn_zone $binary_remote_addr zone=c:5m;", ...zones].join("\n"),
    location: [...(connections > 0 ? [`limit_conn c ${connections};`] : []), ...uses].join(" "),
  };
}

describe("limit-rps and limit-rpm", () => {
  it.each(rates)("L4 $name: $served of 80 requests", async ({ annotations, served }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses: [annotatedIngress(annotations)] });
    const expected = served === 80 ? { 200: 80 } : { 200: served, 503: 80 - served };
    expect(await statusesOf(proxy.port, 80)).toEqual(expected);
    // Another client has limits of its own.
    expect(await statusesOf(proxy.port, 80, "127.0.0.2")).toEqual(expected);
  });

  it.skipIf(!hasNginx())("L4 let through as many as nginx does", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    for (const { annotations, served } of rates) {
      await using nginx = await startNginx({ endpointPort: endpoint.port, ...nginxOf(annotations) });
      const expected = served === 80 ? { 200: 80 } : { 200: served, 503: 80 - served };
      expect(await statusesOf(nginx.port, 80)).toEqual(expected);
    }
  });

  it("L4 decide a replay of an hour as nginx does, request by request", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [annotatedIngress({ "limit-rps": "2", "limit-rpm": "30", "limit-burst-multiplier": "3" })];
    // Time goes in leaps, and nothing else must end by it.
    const limits = Object.fromEntries(TIMES.map((name) => [name, Number.MAX_SAFE_INTEGER / 2]));
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, limits });
    let nowMs = proxy.engine.clockMs();
    Object.assign(proxy.engine, { clockMs: () => nowMs });
    const model = limitReqModel([
      { requests: 2, seconds: 1, burst: 6 },
      { requests: 30, seconds: 60, burst: 90 },
    ]);
    using client = openClient(proxy.port);
    const expected: string[] = [];
    // Bursts of 1 to 12 requests, from tenths of a second to half a minute apart.
    for (let burst = 0; burst < 300; burst++) {
      nowMs += 100 + ((burst * burst * 7_919) % 30_000);
      const count = 1 + ((burst * 5) % 12);
      for (let index = 0; index < count; index++) expected.push(model.admit(Math.floor(nowMs)) ? "200" : "503");
      client.send(GET.repeat(count));
      await client.until((text) => statusLines(text).length === expected.length);
    }
    expect(statusLines(client.text())).toEqual(expected);
    expect(new Set(expected)).toEqual(new Set(["200", "503"]));
  });

  it("L4 keep what was counted while the routes change, and say why in the access log and in metrics", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [annotatedIngress({ "limit-rpm": "1", "limit-burst-multiplier": "0" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    let text = "";
    Object.assign(proxy.engine, { accessLog: new AccessLog((lines) => (text += lines.toString("utf8"))) });
    expect(await statusesOf(proxy.port, 1)).toEqual({ 200: 1 });
    proxy.setEndpoints({ s: [endpoint.port] });
    expect(await statusesOf(proxy.port, 1)).toEqual({ 503: 1 });
    await until("the lines", () => text.split("\n").length > 2);
    expect(JSON.parse(text.split("\n")[1]!)).toMatchObject({
      status: 503,
      reason: "rate-limited",
      ingress: "default/i",
    });
    expect(proxy.engine.counters.reasons[REASON_LIST.indexOf("rate-limited")]).toBe(1);
  });

  it("L4 do not count clients of limit-allowlist", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [
      annotatedIngress({ "limit-rpm": "1", "limit-connections": "1", "limit-whitelist": "10.0.0.0/8, 127.0.0.2" }),
    ];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    expect(await statusesOf(proxy.port, 20, "127.0.0.2")).toEqual({ 200: 20 });
    expect(await statusesOf(proxy.port, 20)).toEqual({ 200: 6, 503: 14 });
  });

  it.each(["limit-rps", "limit-rpm", "limit-connections"])(
    "L4 %s that cannot be read closes the Ingress",
    async (name) => {
      await using endpoint = await startEndpoint(answering("page"));
      await using proxy = await startProxy(
        { s: [endpoint.port] },
        { ingresses: [annotatedIngress({ [name]: "five" })] },
      );
      expect(await statusesOf(proxy.port, 1)).toEqual({ 503: 1 });
      expect(endpoint.received()).toBe("");
    },
  );
});

describe("limit-connections", () => {
  /** Sends one request on each of so many connections: so many of them get no answer yet, and the others 503. */
  async function openAll(
    clients: DisposableStack,
    { port, endpoint, open, refused }: { port: number; endpoint: TestEndpoint; open: number; refused: number },
  ): Promise<readonly Client[]> {
    const arrived = () => endpoint.received().split("GET").length;
    const opened: Client[] = [];
    for (let index = 0; index < open + refused; index++) {
      const before = arrived();
      const client = clients.use(openClient(port));
      client.send(GET);
      opened.push(client);
      await until("an answer, or the request to arrive", () => client.text() !== "" || arrived() > before);
    }
    const statuses = opened.map((client) => statusLines(client.text())[0] ?? "open");
    expect(countOf(opened.map((client) => client.text()).join(""))).toEqual({ 503: refused });
    expect(statuses.slice(0, open)).toEqual(Array.from({ length: open }, () => "open"));
    return opened.slice(0, open);
  }

  it("L4 bounds the requests that are open, and counts those that have ended no longer, however they ended", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    const ingresses = [annotatedIngress({ "limit-connections": "3" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, limits: { endpointGapMs: 3_600_000 } });
    using clients = new DisposableStack();
    const how = { port: proxy.port, endpoint, open: 3, refused: 2 };
    const answered = await openAll(clients, how);
    for (const socket of endpoint.connections) socket.write(okWith("late"));
    for (const client of answered) await client.until((text) => text.endsWith("late"));
    const [left, ...failed] = await openAll(clients, how);
    left?.socket.resetAndDestroy();
    await until("it to be missed", () => proxy.engine.counters.reasons[REASON_LIST.indexOf("client-gone")] === 1);
    await until("the others to be answered 502", () => {
      for (const socket of endpoint.connections) socket.destroy();
      return failed.every((client) => client.text().startsWith("HTTP/1.1 502"));
    });
    await openAll(clients, how);
  });

  it.skipIf(!hasNginx())("L4 lets as many be open as nginx does", async () => {
    await using endpoint = await startEndpoint(() => undefined);
    await using nginx = await startNginx({ endpointPort: endpoint.port, ...nginxOf({ "limit-connections": "3" }) });
    using clients = new DisposableStack();
    await openAll(clients, { port: nginx.port, endpoint, open: 3, refused: 2 });
  });
});

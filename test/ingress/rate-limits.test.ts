import { describe, expect, it } from "vitest";
import { AuthGate } from "#ingress/auth/auth-gate.ts";
import { type AccessStep, PASSED } from "#ingress/auth/access-step.ts";
import { PasswordStep } from "#ingress/auth/password-step.ts";
import { satisfied } from "#ingress/auth/satisfied.ts";
import { AccessLog } from "#ingress/engine/log/access-log.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { limitStep } from "#ingress/limits/limit-step.ts";
import { redisStore } from "#ingress/limits/redis-store.ts";
import { SharedCounts } from "#ingress/limits/shared-counts.ts";
import { until } from "#lab/rack/until.ts";
import { passwordKey } from "#src/auth/find-password-lists.ts";
import { KeyedBuckets } from "#src/filters/keyed-buckets.ts";
import { limitReqModel } from "#test/filters/nginx-limit-req.ts";
import {
  answering,
  openClient,
  type Proxy,
  startEndpoint,
  startProxy,
  type TestEndpoint,
} from "#test/support/ingress-proxy.ts";
import { limitedIngress } from "#test/support/limited-ingress.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";
import { hasRedis, type RealRedis, startRedis } from "#test/support/real-redis.ts";

interface Asked {
  readonly target?: string;
  /** Lines of the head. */
  readonly lines?: readonly string[];
  readonly address?: string;
}

function headOf({ target = "/", lines = [] }: Asked): string {
  return `GET ${target} HTTP/1.1\r\nHost: a.com\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

function statusLines(text: string): readonly string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = ""]) => status);
}

/** What so many requests of a kind are answered, one after the other on one connection. */
async function answersTo(port: number, asked: Asked, count: number): Promise<string> {
  using client = openClient(port, asked.address);
  client.send(headOf(asked).repeat(count));
  return await client.until((text) => statusLines(text).length === count);
}

/** How many of so many requests are let in; the others are answered 429. */
async function admitted(port: number, asked: Asked, count: number): Promise<number> {
  const statuses = statusLines(await answersTo(port, asked, count));
  expect(new Set(statuses).difference(new Set(["200", "429", "503"]))).toEqual(new Set());
  return statuses.filter((status) => status === "200").length;
}

const field = (value: string): Asked => ({ lines: [`X-Key: ${value}`] });
const cookie = (value: string): Asked => ({ lines: [`Cookie: a=b; sid=${value}`] });
const query = (value: string): Asked => ({ target: `/?a=b&q=${value}` });

/** Where time goes in leaps, and nothing else must end by it. */
const TIMES = ["headMs", "keepAliveMs", "clientGapMs", "connectMs", "endpointGapMs", "endpointIdleMs"];
const ENDLESS = Object.fromEntries(TIMES.map((name) => [name, Number.MAX_SAFE_INTEGER / 2]));

/** Each kind of key: two requests that count alone, and one without what the key asks for. nginx: the same in its words. */
const keys: readonly { key: string; nginx?: string; one: Asked; other: Asked; none?: Asked }[] = [
  { key: "[]", one: {}, other: {} },
  { key: "[{ type: ClientAddress }]", nginx: "$binary_remote_addr", one: {}, other: { address: "127.0.0.2" } },
  { key: "[{ type: Header, name: X-Key }]", nginx: "$http_x_key", one: field("a"), other: field("b"), none: {} },
  { key: "[{ type: Cookie, name: sid }]", nginx: "$cookie_sid", one: cookie("a"), other: cookie("b"), none: {} },
  { key: "[{ type: Query, name: q }]", nginx: "$arg_q", one: query("a"), other: query("b"), none: {} },
  { key: "[{ type: Path }]", nginx: "$uri", one: { target: "/a" }, other: { target: "/b" } },
  {
    key: "[{ type: ClientAddress }, { type: Path }]",
    nginx: "$binary_remote_addr$uri",
    one: { target: "/a" },
    other: { target: "/a", address: "127.0.0.2" },
  },
];

describe("R rateLimits of a policy, counted by this replica alone", () => {
  it.each(keys)("R by $key", async ({ key, one, other, none }) => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [limitedIngress(`[{ requests: 1, per: hour, burst: 5, key: ${key} }]`)];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    expect(await admitted(proxy.port, one, 8)).toBe(5);
    expect(await admitted(proxy.port, other, 8)).toBe(key === "[]" ? 0 : 5);
    if (none === undefined) return;
    // All without it count together, whoever sends them.
    expect(await admitted(proxy.port, none, 3)).toBe(3);
    expect(await admitted(proxy.port, { ...none, address: "127.0.0.2" }, 8)).toBe(2);
  });

  it.skipIf(!hasNginx())("R lets in as many as nginx does, whose burst is what may come besides one", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    for (const { nginx: variable, one, other } of keys) {
      if (variable === undefined) continue;
      await using nginx = await startNginx({
        endpointPort: endpoint.port,
        http: `limit_req_zone ${variable} zone=a:1m rate=1r/m;`,
        location: "limit_req zone=a burst=4 nodelay;",
      });
      expect([await admitted(nginx.port, one, 8), await admitted(nginx.port, other, 8)]).toEqual([5, 5]);
    }
  });

  it("R decides a replay as nginx does, request by request", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [
      limitedIngress(
        "[{ requests: 2, per: second, burst: 7, key: [{ type: ClientAddress }] }, { requests: 60, per: minute, burst: 30 }]",
      ),
    ];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, limits: ENDLESS });
    let nowMs = proxy.engine.clockMs();
    Object.assign(proxy.engine, { clockMs: () => nowMs });
    const model = limitReqModel([
      { requests: 2, seconds: 1, burst: 6 },
      { requests: 60, seconds: 60, burst: 29 },
    ]);
    using client = openClient(proxy.port);
    const expected: string[] = [];
    for (let burst = 0; burst < 200; burst++) {
      nowMs += 100 + ((burst * burst * 7_919) % 9_000);
      const count = 1 + ((burst * 5) % 12);
      for (let index = 0; index < count; index++) expected.push(model.admit(Math.floor(nowMs)) ? "200" : "429");
      client.send(headOf({}).repeat(count));
      await client.until((text) => statusLines(text).length === expected.length);
    }
    expect(statusLines(client.text())).toEqual(expected);
    expect(new Set(expected)).toEqual(new Set(["200", "429"]));
  });

  it("R answers 429 with the seconds to wait, and says why in the access log and in metrics", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [limitedIngress("[{ requests: 1, per: minute }, { requests: 1, per: day, burst: 2 }]")];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, limits: ENDLESS });
    const nowMs = proxy.engine.clockMs();
    Object.assign(proxy.engine, { clockMs: () => nowMs });
    let log = "";
    Object.assign(proxy.engine, { accessLog: new AccessLog((lines) => (log += lines.toString("utf8"))) });
    expect(await answersTo(proxy.port, {}, 1)).not.toContain("Retry-After");
    expect(await answersTo(proxy.port, {}, 1)).toMatch(
      /^HTTP\/1\.1 429 Too Many Requests\r\n.*\r\nRetry-After: 60\r\n/s,
    );
    Object.assign(proxy.engine, { clockMs: () => nowMs + 60_000 });
    expect(await admitted(proxy.port, {}, 1)).toBe(1);
    expect(await answersTo(proxy.port, {}, 1)).toMatch(/\r\nRetry-After: 86340\r\n/);
    await until("the lines", () => log.split("\n").length > 4);
    const line: unknown = JSON.parse(log.split("\n")[1]!);
    expect(line).toMatchObject({ status: 429, reason: "rate-limited", ingress: "default/i" });
    expect(proxy.engine.counters.reasons[REASON_LIST.indexOf("rate-limited")]).toBe(2);
  });

  it("R answers say limits with headerFields: true, and no others", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const limits = `
      - { requests: 2, per: minute, burst: 2, headerFields: true, key: [{ type: ClientAddress }] }
      - { requests: 1000, per: hour, headerFields: true }
      - { requests: 1000, per: day }`;
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses: [limitedIngress(limits)] });
    const heads = (await answersTo(proxy.port, {}, 3)).split(/(?=HTTP\/1\.1 )/);
    const fieldsOf = (head: string) => head.match(/^(?:RateLimit|Retry-After).*$/gim);
    const policies = 'RateLimit-Policy: "2-per-minute";q=2;w=60, "1000-per-hour";q=1000;w=3600';
    expect(heads.map(fieldsOf)).toEqual([
      [policies],
      [policies],
      [
        expect.stringMatching(/^Retry-After: (?:29|30)$/),
        expect.stringMatching(/^RateLimit: "2-per-minute";r=0;t=(?:29|30)$/),
        policies,
      ],
    ]);
  });

  it("R counts guesses of passwords, and lets no right one in beyond the limit", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const basic = { authType: "basic", authSecret: "default/users" } as const;
    const ingresses = [limitedIngress("[{ requests: 3, per: hour }]", basic)];
    const step = new PasswordStep({
      check: (_, { password }) => (password.toString() === "right" ? "right" : "wrong"),
    });
    const list = passwordKey({ secret: basic.authSecret, type: "auth-file" });
    step.useLists(new Map([[list, { users: new Map(), slowest: undefined }]]));
    const access = new AuthGate([satisfied(step, { decide: () => PASSED })]);
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, access });
    const guess = (password: string): Asked => ({
      lines: [`Authorization: Basic ${Buffer.from(`alice:${password}`).toString("base64")}`],
    });
    expect(statusLines(await answersTo(proxy.port, guess("right"), 1))).toEqual(["200"]);
    expect(statusLines(await answersTo(proxy.port, guess("wrong"), 3))).toEqual(["401", "401", "429"]);
    expect(statusLines(await answersTo(proxy.port, guess("right"), 1))).toEqual(["429"]);
  });

  it("R keeps what was counted while the routes change", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [limitedIngress("[{ requests: 2, per: hour }]")];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    expect(await admitted(proxy.port, {}, 1)).toBe(1);
    proxy.setEndpoints({ s: [endpoint.port] });
    expect(await admitted(proxy.port, {}, 3)).toBe(1);
  });
});

/** An engine with the steps of the program about limits; the header field X-Sub says what a token would. */
async function startReplica(
  endpoint: TestEndpoint,
  rateLimits: string,
  { redis, timeoutMs = 60_000 }: { readonly redis?: RealRedis; readonly timeoutMs?: number } = {},
): Promise<Proxy & { readonly shared: SharedCounts }> {
  const buckets = new KeyedBuckets();
  const clockMs = () => performance.now();
  const plain = {
    isSecure: false,
    database: 0,
    username: undefined,
    passwordFile: undefined,
    authoritiesFile: undefined,
  };
  const open = redis && redisStore({ ...plain, host: "127.0.0.1", port: redis.port });
  const shared = new SharedCounts({ open, buckets, clockMs, timeoutMs, chance: () => 0, onChange: () => undefined });
  const counting = { buckets, shared, clockMs };
  const token: AccessStep = {
    decide(_, request) {
      const [sub] = request.valuesOf("x-sub");
      return { kind: "pass", grant: undefined, claims: sub === undefined ? undefined : { sub } };
    },
  };
  const access = new AuthGate([limitStep("shared", counting), token, limitStep("byClaims", counting)]);
  const proxy = await startProxy(
    { s: [endpoint.port] },
    { ingresses: [limitedIngress(rateLimits)], access, keyedBuckets: buckets },
  );
  if (redis) await until("the store to count", () => shared.isShared);
  return {
    ...proxy,
    shared,
    async [Symbol.asyncDispose]() {
      shared.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

const claim = (sub: string): Asked => ({ lines: [`X-Sub: ${sub}`] });

describe("R rateLimits of a policy by claims", () => {
  it("R count each value alone, and all without a token together", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startReplica(endpoint, "[{ requests: 4, per: hour, key: [{ type: Claim, name: sub }] }]");
    expect(await admitted(proxy.port, claim("alice"), 6)).toBe(4);
    expect(await admitted(proxy.port, claim("bob"), 6)).toBe(4);
    expect(await admitted(proxy.port, {}, 3)).toBe(3);
    expect(await admitted(proxy.port, { address: "127.0.0.2" }, 3)).toBe(1);
    expect(await answersTo(proxy.port, claim("alice"), 1)).toMatch(/^HTTP\/1\.1 429 .*\r\nRetry-After: \d+\r\n/s);
  });
});

describe("R rateLimits with shared: true", () => {
  it("R are counted by each replica alone where there is no store", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using one = await startReplica(endpoint, "[{ requests: 4, per: hour, shared: true }]");
    await using other = await startReplica(endpoint, "[{ requests: 4, per: hour, shared: true }]");
    expect([await admitted(one.port, {}, 6), await admitted(other.port, {}, 6)]).toEqual([4, 4]);
    expect(one.shared.counts).toEqual({ store: 0, replica: 6 });
  });
});

describe.skipIf(!hasRedis())("R rateLimits with shared: true, on a real server", () => {
  it.each([
    { of: "an address", limit: "key: [{ type: ClientAddress }]", one: {}, other: { address: "127.0.0.2" } },
    { of: "a claim", limit: "key: [{ type: Claim, name: sub }]", one: claim("alice"), other: claim("bob") },
  ])("R two replicas admit the limit of $of together, and not twice", async ({ limit, one, other }) => {
    await using redis = await startRedis();
    await using endpoint = await startEndpoint(answering("page"));
    const rateLimits = `[{ requests: 30, per: day, ${limit}, shared: true }, { requests: 1000000, per: hour }]`;
    await using first = await startReplica(endpoint, rateLimits, { redis });
    await using second = await startReplica(endpoint, rateLimits, { redis });
    const both = await Promise.all([first, second].map(({ port }) => admitted(port, one, 50)));
    expect(both[0]! + both[1]!).toBe(30);
    expect(Math.min(...both)).toBeGreaterThan(0);
    expect(await admitted(second.port, other, 50)).toBe(30);
    expect(first.shared.counts.replica + second.shared.counts.replica).toBe(0);
    expect(await answersTo(first.port, one, 1)).toMatch(/^HTTP\/1\.1 429 .*\r\nRetry-After: \d+\r\n/s);
  });

  it("R no request fails while the store is held, killed and started, and then they are shared again", async () => {
    await using redis = await startRedis();
    await using endpoint = await startEndpoint(answering("page"));
    const rateLimits = "[{ requests: 100, per: day, shared: true }]";
    await using first = await startReplica(endpoint, rateLimits, { redis, timeoutMs: 20 });
    await using second = await startReplica(endpoint, rateLimits, { redis });
    expect(await admitted(first.port, {}, 10)).toBe(10);
    redis.hold();
    // It answers nothing, and each of these has an answer all the same.
    expect(await admitted(first.port, {}, 10)).toBe(10);
    await until("it to be given up", () => !first.shared.isShared);
    expect(first.shared.counts.replica).toBeGreaterThan(0);
    await redis.kill();
    await until("the other to know", () => !second.shared.isShared);
    expect(await admitted(second.port, {}, 10)).toBe(10);
    await redis.start();
    await until("both to be back", () => first.shared.isShared && second.shared.isShared);
    // The store begins at nothing; each replica knows what it has let in.
    const before = first.shared.counts.replica;
    const both = await Promise.all([first, second].map(({ port }) => admitted(port, {}, 120)));
    // Of those that the first was too busy to wait for, the store may have decided otherwise.
    expect(Math.abs(both[0]! + both[1]! - 100)).toBeLessThanOrEqual(first.shared.counts.replica - before);
    expect(both[0]).toBeLessThanOrEqual(80);
  });
});

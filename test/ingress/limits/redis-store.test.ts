import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisStore, type RedisSettings } from "#ingress/limits/redis-store.ts";
import type { LimitStore } from "#ingress/limits/limit-store.ts";
import type { BucketUse } from "#src/filters/keyed-buckets.ts";
import { exactLimit, forgottenAtMs, type LeakyBucket, pour, waitMs } from "#src/filters/leaky-bucket.ts";
import { until } from "#lab/rack/until.ts";
import { closedPort } from "#test/support/ingress-proxy.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { hasRedis, type RealRedis, startRedis } from "#test/support/real-redis.ts";

const PLAIN: Omit<RedisSettings, "port"> = {
  host: "127.0.0.1",
  isSecure: false,
  database: 0,
  username: undefined,
  passwordFile: undefined,
  authoritiesFile: undefined,
};

/** No more of it comes while a test runs. */
const PER_DAY = exactLimit(1, 86_400, 3);

async function open(settings: Pick<RedisSettings, "port"> & Partial<RedisSettings>): Promise<LimitStore & Disposable> {
  const store = await redisStore({ ...PLAIN, ...settings })(() => undefined);
  return { ...store, [Symbol.dispose]: () => store.close() };
}

describe.skipIf(!hasRedis())("R redisStore() on a real server", () => {
  let redis: RealRedis;
  let folder: string;
  beforeAll(async () => {
    redis = await startRedis();
    folder = await mkdtemp(join(tmpdir(), "hawser-store-"));
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** What the server keeps of a bucket. */
  async function keptOf(bucket: string): Promise<LeakyBucket | undefined> {
    const [, excess, lastMs] = /^\$\d+\r\n(\d+) (\d+)/.exec(await redis.ask(`GET hawser:rate:${bucket}`)) ?? [];
    return excess === undefined ? undefined : { excess: Number(excess), lastMs: Number(lastMs) };
  }

  it("R counts as this replica would alone, to the unit, by the clock of the server", async () => {
    using store = await open(redis);
    const limits = [
      exactLimit(1_000, 1, 5),
      exactLimit(70, 1, 3),
      exactLimit(999_983, 86_400, 4),
      exactLimit(7, 60, 2),
    ];
    const outcomes = new Set<string>();
    for (let count = 0; count < 200; count++) {
      const limit = limits[count % limits.length]!;
      const bucket = `exact-${count % limits.length}`;
      const before = await keptOf(bucket);
      const wait = await store.ask([{ bucket, limit }]);
      const after = await keptOf(bucket);
      outcomes.add(wait === 0 ? "counted" : "refused");
      // It may be so old that the server has forgotten it.
      if (after === undefined) continue;
      if (wait === 0) {
        expect(after).toEqual(pour(before, limit, after.lastMs));
      } else {
        expect(after).toEqual(before);
        expect(wait).toBeLessThanOrEqual(waitMs(before, limit, before!.lastMs));
      }
    }
    expect(outcomes).toEqual(new Set(["counted", "refused"]));
  });

  it("R lets in as many at once as may come, of all who ask, and says how long to wait", async () => {
    using one = await open(redis);
    using other = await open(redis);
    const uses = [{ bucket: "together", limit: PER_DAY }];
    const waits = await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? one : other).ask(uses)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
    for (const wait of waits.filter((one) => one > 0)) expect(Math.abs(wait - 86_400_000)).toBeLessThan(3_600_000);
  });

  it("R counts for all limits of a request or for none", async () => {
    using store = await open(redis);
    const uses = (...names: readonly string[]): readonly BucketUse[] =>
      names.map((bucket) => ({ bucket, limit: bucket === "narrow" ? exactLimit(1, 86_400, 1) : PER_DAY }));
    expect(await store.ask(uses("narrow", "wide"))).toBe(0);
    expect(await store.ask(uses("wide", "narrow"))).toBeGreaterThan(0);
    expect(await store.ask(uses("wide"))).toBe(0);
    expect(await store.ask(uses("wide"))).toBe(0);
    expect(await store.ask(uses("wide"))).toBeGreaterThan(0);
  });

  it("R keeps a bucket for as long as it says something, under a key of its own", async () => {
    using store = await open(redis);
    const limit = exactLimit(10, 60, 5);
    for (let count = 0; count < 4; count++) await store.ask([{ bucket: "kept", limit }]);
    const kept = (await keptOf("kept"))!;
    const [, left] = /^:(\d+)/.exec(await redis.ask("PTTL hawser:rate:kept"))!;
    expect(Number(left)).toBeLessThanOrEqual(forgottenAtMs(kept, limit) - kept.lastMs);
    expect(Number(left)).toBeGreaterThan(0);
    await store.ask([{ bucket: "soon", limit: exactLimit(1_000, 1, 1) }]);
    await until("the server to forget it", async () => (await redis.ask("EXISTS hawser:rate:soon")) === ":0\r\n");
    const keys = (await redis.ask("KEYS *")).split("\r\n").filter((line) => /^[^*$]./.test(line));
    expect(keys.filter((key) => !key.startsWith("hawser:rate:"))).toEqual([]);
  });

  it("R goes on where the server has forgotten the script, or holds something else under the key", async () => {
    using store = await open(redis);
    await redis.ask("SCRIPT FLUSH");
    await redis.ask("SET hawser:rate:odd nonsense");
    const uses = [{ bucket: "odd", limit: exactLimit(1, 86_400, 1) }];
    expect(await store.ask(uses)).toBe(0);
    expect(await store.ask(uses)).toBeGreaterThan(0);
  });

  it("R counts in the database that it is told", async () => {
    using store = await open({ ...redis, database: 3 });
    await store.ask([{ bucket: "third", limit: PER_DAY }]);
    expect(await keptOf("third")).toBeUndefined();
  });

  it("R reads the password from its file for each connection, and says what the server says of a wrong one", async () => {
    await using secured = await startRedis([
      "--requirepass",
      "first",
      "--user",
      "shop",
      "on",
      ">second",
      "~hawser:*",
      "+@all",
    ]);
    const passwordFile = join(folder, "password");
    const { port } = secured;
    const uses = [{ bucket: "b", limit: PER_DAY }];
    await expect(open({ port })).rejects.toThrow(/NOAUTH/);
    await writeFile(passwordFile, "wrong\n");
    await expect(open({ port, passwordFile })).rejects.toThrow(/WRONGPASS|invalid password/i);
    await writeFile(passwordFile, "first\n");
    using byDefault = await open({ port, passwordFile });
    expect(await byDefault.ask(uses)).toBe(0);
    await writeFile(passwordFile, "second\n");
    using named = await open({ port, passwordFile, username: "shop" });
    expect(await named.ask(uses)).toBe(0);
  });

  it("R speaks TLS, and trusts the authorities of its file alone", async () => {
    const time = { fromMs: Date.now() - 3_600_000, toMs: Date.now() + 3_600_000 };
    const authority = issueCertificate({ commonName: "ca", keyType: "ec", isAuthority: true, ...time });
    const issued = issueCertificate({
      commonName: "localhost",
      names: ["localhost"],
      keyType: "ec",
      issuer: authority,
      ...time,
    });
    const [cert, key, ca] = ["cert", "key", "ca"].map((name) => join(folder, name)) as [string, string, string];
    await writeFile(cert, issued.certificatePem);
    await writeFile(key, issued.privateKeyPem);
    await writeFile(ca, authority.certificatePem);
    const port = await closedPort();
    const tls = [
      "--tls-port",
      String(port),
      "--tls-cert-file",
      cert,
      "--tls-key-file",
      key,
      "--tls-auth-clients",
      "no",
    ];
    await using secured = await startRedis([...tls, "--tls-ca-cert-file", ca]);
    const secure = { port, isSecure: true, host: "localhost" };
    using store = await open({ ...secure, authoritiesFile: ca });
    expect(await store.ask([{ bucket: "b", limit: PER_DAY }])).toBe(0);
    await expect(open(secure)).rejects.toThrow(/certificate/);
    await expect(open({ ...secure, host: "127.0.0.1", authoritiesFile: ca })).rejects.toThrow(/altnames|IP/);
    await expect(open({ port: secured.port, isSecure: true, authoritiesFile: ca })).rejects.toThrow();
  });

  it.each([
    { what: "may not be written to", options: ["--replicaof", "127.0.0.1", "1"], why: /READONLY/ },
    { what: "has no memory left", options: ["--maxmemory", "1", "--maxmemory-policy", "noeviction"], why: /OOM/ },
  ])("R does not open a server that $what", async ({ options, why }) => {
    await using full = await startRedis(options);
    await expect(open(full)).rejects.toThrow(why);
  });

  it("R does not open a server that is not there, or that answers nothing", async () => {
    await expect(open({ port: await closedPort() })).rejects.toThrow(/ECONNREFUSED/);
    await using held = await startRedis();
    held.hold();
    await expect(open(held)).rejects.toThrow("no answer within 5 s");
  });

  it("R says that its connection has ended, and answers what was asked with that", async () => {
    await using mortal = await startRedis();
    let why: Error | undefined;
    const store = await redisStore({ ...PLAIN, port: mortal.port })((error) => (why = error));
    mortal.hold();
    const asked = expect(store.ask([{ bucket: "b", limit: PER_DAY }])).rejects.toThrow();
    await mortal.kill();
    await asked;
    await until("the end to be known", () => why !== undefined);
    await expect(store.ask([{ bucket: "b", limit: PER_DAY }])).rejects.toThrow();
  });
});

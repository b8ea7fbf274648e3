import { describe, expect, it } from "vitest";
import { redisStore } from "#ingress/limits/redis-store.ts";
import { SharedCounts } from "#ingress/limits/shared-counts.ts";
import { until } from "#lab/rack/until.ts";
import { KeyedBuckets } from "#src/filters/keyed-buckets.ts";
import { exactLimit } from "#src/filters/leaky-bucket.ts";
import { hasRedis, type RealRedis, startRedis } from "#test/support/real-redis.ts";

/** Of which no further request comes in while a test runs. */
const DAILY = exactLimit(1, 86_400, 20);
const USES = [{ bucket: "b", limit: DAILY }];

interface Replica extends Disposable {
  readonly shared: SharedCounts;
  readonly buckets: KeyedBuckets;
  /** What `onChange` got. */
  readonly told: (string | undefined)[];
}

/** One replica with a store. A test machine may be busy, so a request waits longer than by default. */
function replicaOf({ port }: Pick<RealRedis, "port">, timeoutMs = 60_000): Replica {
  const settings = { host: "127.0.0.1", port, isSecure: false, database: 0, username: undefined };
  const open = redisStore({ ...settings, passwordFile: undefined, authoritiesFile: undefined });
  const buckets = new KeyedBuckets();
  const told: (string | undefined)[] = [];
  const clockMs = () => performance.now();
  const onChange = (why: string | undefined) => void told.push(why);
  const shared = new SharedCounts({ open, buckets, clockMs, timeoutMs, chance: () => 0, onChange });
  return { shared, buckets, told, [Symbol.dispose]: () => shared.close() };
}

const isShared = ({ shared }: Replica) => until("the store to count", () => shared.isShared);
const isAlone = ({ shared }: Replica) => until("the replica to count alone", () => !shared.isShared);

/** How many of so many requests are let in, one after the other or all at once. */
async function admitted(replicas: readonly Replica[], count: number): Promise<number> {
  const asked = Array.from({ length: count }, async (_, index) =>
    replicas[index % replicas.length]!.shared.admit("shop", USES, true),
  );
  return (await Promise.all(asked)).filter((wait) => wait === 0).length;
}

describe("R SharedCounts without a store", () => {
  it("R counts alone, and says how many requests it has decided so", async () => {
    const told: unknown[] = [];
    const shared = new SharedCounts({
      open: undefined,
      buckets: new KeyedBuckets(),
      clockMs: () => 0,
      timeoutMs: 50,
      chance: () => 0,
      onChange: (why) => told.push(why),
    });
    expect(told).toEqual([]);
    const waits = Array.from({ length: 25 }, () => shared.admit("shop", USES, true));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(20);
    expect(shared.counts).toEqual({ store: 0, replica: 25 });
    expect(told).toEqual([]);
  });
});

describe.skipIf(!hasRedis())("R SharedCounts on a real server", () => {
  it("R lets two replicas admit the limit together, and not twice", async () => {
    await using redis = await startRedis();
    using one = replicaOf(redis);
    using other = replicaOf(redis);
    await Promise.all([isShared(one), isShared(other)]);
    expect([one.told, other.told]).toEqual([[undefined], [undefined]]);
    expect(await admitted([one, other], 100)).toBe(20);
    expect(one.shared.counts.replica + other.shared.counts.replica).toBe(0);
    expect(one.shared.counts.store + other.shared.counts.store).toBe(100);
  });

  it("R does not ask the store about a client that is beyond its limit here alone", async () => {
    await using redis = await startRedis();
    using one = replicaOf(redis);
    await isShared(one);
    expect(await admitted([one], 20)).toBe(20);
    redis.hold();
    const wait = one.shared.admit("shop", USES, true);
    expect(wait).toBeGreaterThan(0);
    redis.release();
  });

  it("R counts alone at once when the store is gone, knows what it let in before, and goes back to the store", async () => {
    await using redis = await startRedis();
    using one = replicaOf(redis);
    await isShared(one);
    expect(await admitted([one], 15)).toBe(15);
    await redis.kill();
    await isAlone(one);
    expect(one.told).toEqual([undefined, expect.stringMatching(/./)]);
    // 5 of 20 are left; none of these waits for anything.
    const waits = Array.from({ length: 10 }, () => one.shared.admit("shop", USES, true));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
    expect(one.shared.counts.replica).toBe(10);
    await redis.start();
    await isShared(one);
    expect(one.told.at(-1)).toBeUndefined();
    using other = replicaOf(redis);
    await isShared(other);
    // The store has lost all it knew; the first replica has not.
    expect(await admitted([one], 5)).toBe(0);
    expect(await admitted([other], 30)).toBe(20);
  });

  it("R answers requests whose store does not, and asks it no longer after three of them", async () => {
    await using redis = await startRedis();
    using one = replicaOf(redis, 20);
    await isShared(one);
    redis.hold();
    for (let count = 0; one.shared.isShared; count++) {
      expect(count).toBeLessThan(3);
      expect(await one.shared.admit("shop", USES, true)).toBe(0);
    }
    expect(one.told).toEqual([undefined, "it did not answer within 20 ms"]);
    expect(one.shared.admit("shop", USES, true)).toBe(0);
    redis.release();
    await isShared(one);
    expect(one.told.at(-1)).toBeUndefined();
  });

  it("R has no more than 256 requests wait, and none where there is no place for it", async () => {
    await using redis = await startRedis();
    using one = replicaOf(redis);
    await isShared(one);
    redis.hold();
    const asked = Array.from({ length: 300 }, (_, index) => one.shared.admit(`n${index}`, USES, true));
    expect(asked.filter((wait) => wait instanceof Promise)).toHaveLength(256);
    redis.release();
    await Promise.all(asked.filter((wait) => wait instanceof Promise));
    expect(one.shared.admit("other", USES, true)).toBeInstanceOf(Promise);
    expect(one.shared.admit("third", USES, false)).toBe(0);
  });

  it("R tries again and again where there is no store at first", async () => {
    await using redis = await startRedis();
    await redis.kill();
    using one = replicaOf(redis);
    await until("it to be told", () => one.told.length > 0);
    expect(one.told[0]).toMatch(/ECONNREFUSED/);
    expect(await admitted([one], 25)).toBe(20);
    await redis.start();
    await isShared(one);
    expect(one.told.at(-1)).toBeUndefined();
  });
});

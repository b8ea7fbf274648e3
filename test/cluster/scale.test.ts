import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { readWrites, writesBetween } from "#bench/scale/writes.ts";
import { hawser } from "#bench/scale/hawser.ts";
import type { RunningScaleSystem } from "#bench/scale/system.ts";
import { ScaleWorld } from "#bench/scale/world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const COUNT = 500;
const NODES = 3;
const TIMEOUT_MS = 300_000;
/** Nobody wrote for so long: what was to do is done. */
const CALM_MS = 5_000;

describe.skipIf(reason !== undefined)(`${COUNT} Services at once`, { timeout: TIMEOUT_MS }, () => {
  let rack: Rack;
  let world: ScaleWorld;
  let running: RunningScaleSystem | undefined;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 1 });
    world = await ScaleWorld.start(rack, NODES);
    running = await hawser().start(world);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await running?.stop();
    await world[Symbol.asyncDispose]();
    await rack.close();
  });

  /** Resolves with all writes to Services and Events so far, once nobody writes any more. */
  async function untilCalm(): Promise<{ readonly services: number; readonly events: number }> {
    let [before, sinceMs] = [await readWrites(world.cluster), performance.now()];
    const isCalm = async (): Promise<boolean> => {
      const now = await readWrites(world.cluster);
      const between = writesBetween(before, now);
      if (between.get("services") || between.get("events")) [before, sinceMs] = [now, performance.now()];
      return performance.now() - sinceMs > CALM_MS;
    };
    await until("nobody writes any more", isCalm, { timeoutMs: TIMEOUT_MS });
    return { services: before.get("services") ?? 0, events: before.get("events") ?? 0 };
  }

  async function create(prefix: string, count: number): Promise<void> {
    const order = { task: "services", namespace: "bench", atOnce: 16, awaitsAddresses: true } as const;
    await world.load({ ...order, prefix, count });
  }

  it("all get an address of their own, for at most three writes each, Events included", async () => {
    const before = await untilCalm();
    await create("storm", COUNT);
    expect(new Set((await world.addresses()).values()).size).toBe(COUNT);
    const after = await untilCalm();
    const byHawser = after.services - COUNT - before.services + (after.events - before.events);
    expect(byHawser).toBeGreaterThanOrEqual(COUNT);
    expect(byHawser / COUNT).toBeLessThanOrEqual(3);
  });

  it("a restart of the controller writes no Service and moves none, and the next one is served", async () => {
    const addresses = await world.addresses();
    await running?.stopController();
    const before = await untilCalm();
    await running?.startController();
    expect((await untilCalm()).services).toBe(before.services);
    expect(await world.addresses()).toEqual(addresses);
    await create("later", 1);
    expect((await world.addresses()).size).toBe(COUNT + 1);
  });
});

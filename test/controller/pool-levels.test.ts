import { PoolLevels } from "#controller/pool-levels.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { PoolRoom } from "#src/assignment/snapshot.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configObject, pools, serviceObject, World } from "./world.ts";

const configMap = { kind: "ConfigMap", namespace: "hawser-system", name: "hawser" } as const;
/** A pool has been emptier for so long before that is said. */
const EMPTIER_MS = 60_000;

function usage(used: number, size = 20n): readonly PoolRoom[] {
  return [{ pool: "edge", family: "ipv4", size, free: size - BigInt(used) }];
}

/** What is said, step by step: `used` addresses of 20, and the milliseconds that pass before the next step. */
function said(steps: readonly (readonly [used: number, forMs: number])[], percent = 90): readonly string[] {
  const levels = new PoolLevels(configMap, percent);
  let nowMs = 0;
  return steps.map(([used, forMs]) => {
    const { events } = levels.update(usage(used), nowMs);
    nowMs += forMs;
    return events.map(({ reason }) => reason).join(" ");
  });
}

describe("PoolLevels", () => {
  it("says it about the IPAddressPool that the pool is", () => {
    const levels = new PoolLevels(configMap, 90);
    const rooms = usage(20).map((room) => ({ ...room, resource: "metallb-system/edge" }));
    const { events, problems } = levels.update(rooms, 0);
    expect(events.map(({ about }) => about)).toEqual([
      { kind: "IPAddressPool", namespace: "metallb-system", name: "edge" },
    ]);
    expect(problems.map(({ at }) => printPlace(at))).toEqual(['IPAddressPool "metallb-system/edge"']);
  });

  it("says at once that a pool has room again when it got another range: of the new one no address was in use", () => {
    const levels = new PoolLevels(configMap, 90);
    levels.update(usage(20), 0);
    const { events, problems } = levels.update(usage(20, 40n), 1_000);
    expect(events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      'PoolHasRoom: Pool "edge" is no longer full. Free: 20 of 40 IPv4 addresses.',
    ]);
    expect([problems, levels.nextInMs(1_000)]).toEqual([[], undefined]);
  });

  it("reports a pool before it is full, when it is full, and when it is not any longer", () => {
    const steps = [
      [17, 0],
      [18, 0],
      [19, 0],
      [20, 0],
      [10, EMPTIER_MS],
      [10, 0],
    ] as const;
    expect(said(steps)).toEqual(["", "PoolNearlyFull", "", "PoolFull", "", "PoolHasRoom"]);
  });

  it.each([
    {
      name: "its last address is freed and taken again",
      steps: [
        [20, 0],
        [19, 1_000],
        [20, EMPTIER_MS],
        [20, 0],
      ],
    },
    {
      name: "it is a little below the level",
      steps: [
        [18, 0],
        [17, EMPTIER_MS],
        [17, EMPTIER_MS],
        [18, 0],
      ],
    },
    {
      name: "it is far below the level for a moment",
      steps: [
        [18, 0],
        [3, EMPTIER_MS - 1],
        [18, EMPTIER_MS],
        [18, 0],
      ],
    },
  ] as const)("reports nothing more where $name", ({ steps }) => {
    expect(said(steps).filter((reasons) => reasons !== "")).toHaveLength(1);
  });

  it("goes from full to nearly full, and says so once", () => {
    const levels = new PoolLevels(configMap, 90);
    levels.update(usage(20), 0);
    levels.update(usage(19), 0);
    const { events, problems } = levels.update(usage(19), EMPTIER_MS);
    expect(events).toEqual([
      {
        about: configMap,
        type: "Normal",
        reason: "PoolHasRoom",
        message: 'Pool "edge" is no longer full, and still nearly full. Free: 1 of 20 IPv4 addresses.',
      },
    ]);
    expect(problems).toMatchObject([{ code: "POOL_NEARLY_FULL", severity: "warning" }]);
  });

  it.each([
    { percent: 50, used: 10, reason: "PoolNearlyFull" },
    { percent: 51, used: 10, reason: "" },
    { percent: 100, used: 19, reason: "" },
    { percent: 100, used: 20, reason: "PoolFull" },
  ])("takes the level from its option: $used of 20 at $percent % are $reason", ({ percent, used, reason }) => {
    expect(said([[used, 0]], percent)).toEqual([reason]);
  });

  it("takes the level of a pool that says one, and not its option", () => {
    const levels = new PoolLevels(configMap, 90);
    const rooms = usage(10).map((room) => ({ ...room, warningPercent: 50 }));
    const { events, problems } = levels.update(rooms, 0);
    expect(events.map(({ reason }) => reason)).toEqual(["PoolNearlyFull"]);
    expect(problems.map(({ why }) => why)).toEqual([
      "50 % or more of its 20 IPv4 addresses are or were in use, and since then no minute passed with less than 45 %",
    ]);
  });

  it("is silent about a pool that may assign nothing, and exact for more addresses than a number holds", () => {
    const levels = new PoolLevels(configMap, 90);
    expect(levels.update(usage(0, 0n), 0)).toEqual({ events: [], problems: [] });
    expect(levels.update(usage(1_000_000, 2n ** 64n), 0)).toEqual({ events: [], problems: [] });
  });

  it("forgets a pool that is gone", () => {
    const levels = new PoolLevels(configMap, 90);
    levels.update(usage(20), 0);
    levels.update(usage(3), 0);
    expect(levels.nextInMs(0)).toBe(EMPTIER_MS);
    expect(levels.update([], 0)).toEqual({ events: [], problems: [] });
    expect(levels.nextInMs(0)).toBeUndefined();
  });
});

describe("a pool that runs full", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.stop());

  const reasons = (): string[] =>
    world.source.events.flatMap(({ about, reason }) => (about.kind === "ConfigMap" ? reason : []));

  it("is one Event about the ConfigMap and one Problem in the log, and so is its end without any other change", async () => {
    world.source.put(pools("192.0.2.0/31"), serviceObject("a"), serviceObject("b", { createdMs: 2 }));
    await world.start();
    await world.advance(10 * EMPTIER_MS);
    expect(reasons()).toEqual(["PoolFull"]);
    expect(world.lines.filter(({ code }) => code === "POOL_FULL")).toMatchObject([
      { level: "warn", where: 'ConfigMap "hawser-system/hawser" pool "p0"' },
    ]);
    await world.remove("b");
    expect(reasons()).toEqual(["PoolFull"]);
    await world.advance(EMPTIER_MS);
    expect(reasons()).toEqual(["PoolFull", "PoolHasRoom"]);
  });

  it("is reported at the level that the pool says", async () => {
    const config = "address-pools:\n- { name: p, protocol: layer2, addresses: [192.0.2.0/29], warning-percent: 25 }\n";
    world.source.put(configObject(config), serviceObject("a"), serviceObject("b", { createdMs: 2 }));
    await world.start();
    expect(reasons()).toEqual(["PoolNearlyFull"]);
  });

  it.each([
    { name: "nothing changed", late: [], says: [] },
    { name: "a Service that came meanwhile gets an address of another pool", late: ["late"], says: [] },
    { name: "those that came meanwhile fill another pool", late: ["late", "later"], says: ["PoolFull"] },
  ])("is not said again after a restart: $name", async ({ late, says }) => {
    const full = ["a", "b"].map((name, at) => serviceObject(name, { createdMs: at + 1 }));
    world.source.put(pools("192.0.2.0/31", "198.51.100.0/31"), ...full);
    await world.start();
    expect(reasons()).toEqual(["PoolFull"]);
    await world.stop();
    world.source.put(...late.map((name, at) => serviceObject(name, { createdMs: at + 3 })));
    const next = new World(world.source, world.time);
    await next.start();
    await next.advance(10 * EMPTIER_MS);
    expect(reasons()).toEqual(["PoolFull", ...says]);
    expect(next.lines.filter(({ code }) => code === "POOL_FULL")).toHaveLength(1 + says.length);
    await next.stop();
  });
});

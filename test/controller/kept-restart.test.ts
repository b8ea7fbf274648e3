// An address that is kept for a Service (namespace and name) is kept over restarts of the controller.
import type { AddressHistory } from "#src/model/address-history.ts";
import { recordOf } from "#src/model/record.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configObject, serviceObject, World } from "./world.ts";

/** The history is written at the latest so long after a change. */
const WRITTEN_MS = 5_000;

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

const keeping = (restTime: string, range = "192.0.2.0/30") =>
  configObject(`address-pools:\n- { name: a, protocol: layer2, addresses: [${range}], rest-time: ${restTime} }\n`);

async function again(end: "stop" | "kill", pauseMs = 0): Promise<void> {
  await world[end]();
  await world.time.advance(pauseMs);
  world = await new World(world.source, world.time).start();
}

/** `web` had 192.0.2.0 and was deleted. */
async function deleted(restTime: string): Promise<void> {
  world.source.put(keeping(restTime), serviceObject("web"));
  await world.start();
  await world.advance(WRITTEN_MS);
  await world.remove("web");
}

const line = async (name: string): Promise<string> => {
  await world.put(serviceObject(name, { createdMs: 9 }));
  return world.line(name);
};
const [first, second] = ["192.0.2.0 AddressAssigned", "192.0.2.1 AddressAssigned"];

describe("a controller that starts again", () => {
  it.each([
    { name: "after a clean stop, at once after the change", end: "stop", waitMs: 0 },
    { name: "after it was killed, when the history was written", end: "kill", waitMs: WRITTEN_MS },
    { name: "after it was killed at once, when the history has who had the address", end: "kill", waitMs: 0 },
  ] as const)("D keeps the address of a deleted Service for that one: $name", async ({ end, waitMs }) => {
    await deleted("forever");
    await world.advance(waitMs);
    await again(end, 86_400_000);
    expect([await line("other"), await line("web")]).toEqual([second, first]);
  });

  it("D keeps it for the rest time and no longer", async () => {
    await deleted("1h");
    await again("stop", 3_000_000);
    expect(await line("other")).toBe(second);
    await world.remove("other");
    await world.advance(599_000);
    expect(await line("another")).toBe("192.0.2.2 AddressAssigned");
    await again("stop", 2_000);
    expect(await line("late")).toBe(first);
  });

  it("D keeps both families, and what a Service gave up in an exchange", async () => {
    const spec = { ipFamilyPolicy: "PreferDualStack", ipFamilies: ["IPv4", "IPv6"] };
    world.source.put(keeping("forever", '192.0.2.0/30, "2001:db8::/126"'), serviceObject("web", { spec }));
    await world.start();
    await world.edit("web", { spec, annotations: { "hawser.dev/load-balancer-ips": "192.0.2.3" } });
    await world.remove("web");
    await again("stop");
    expect(await line("other")).toBe(second);
    await world.put(serviceObject("web", { spec, createdMs: 10 }));
    expect(world.line("web")).toBe("192.0.2.3 2001:db8:: AddressAssigned");
  });

  it.each([
    { name: "times yet to come", at: "2099-01-01T00:00:00.000Z" },
    { name: "times of five digits", at: "+020260-01-01T00:00:00.000Z" },
    { name: "times that are none", at: "zzzz" },
  ])("D lets no change with $name hide what is noted later", async ({ at }) => {
    const thief = { at, change: "released", address: "192.0.2.0", service: "default/thief" };
    await world.source.report("hawser-history", { holdings: [thief], announcements: [] });
    world.source.put(keeping("forever"), serviceObject("web", { has: ["192.0.2.0"] }));
    await world.start();
    await world.remove("web");
    await world.advance(WRITTEN_MS);
    await again("kill");
    expect([await line("thief"), await line("web")]).toEqual([second, first]);
  });

  it("D keeps it where a Service was deleted while no controller ran", async () => {
    world.source.put(keeping("forever"), serviceObject("web"));
    await world.start();
    await world.stop();
    world.source.remove("Service", "default/web");
    world = await new World(world.source, world.time).start();
    expect([await line("other"), await line("web")]).toEqual([second, first]);
  });

  it("D keeps it over many restarts, also where the pools are not known at first", async () => {
    await deleted("forever");
    const config = world.source.stored("ConfigMap", "hawser-system/hawser");
    for (let round = 0; round < 3; round++) {
      await world.stop();
      if (round === 0) world.source.remove("ConfigMap", "hawser-system/hawser");
      world = await new World(world.source, world.time).start();
      await world.advance(600_000);
    }
    await world.put(config);
    expect([await line("other"), await line("web")]).toEqual([second, first]);
  });

  it("D keeps it for the Service that had it last, and none that another one has", async () => {
    await deleted("30s");
    await world.advance(60_000);
    await world.put(serviceObject("heir"));
    expect(world.line("heir")).toBe(first);
    await world.remove("heir");
    await again("stop");
    expect([await line("web"), await line("heir")]).toEqual([second, first]);
    await again("stop");
    expect([world.line("web"), world.line("heir")]).toEqual([second, first]);
    expect(world.source.events.filter(({ reason }) => reason === "AddressConflict")).toEqual([]);
  });

  it.each([
    {
      name: "a change of its type",
      // The API server empties the status of a Service whose type changes.
      end: async () => {
        const object = world.object("web");
        const spec = { ...recordOf(object["spec"]), type: "ClusterIP" };
        await world.put({ ...object, spec, status: { loadBalancer: {} } });
      },
    },
    { name: "its end", end: async () => world.remove("web") },
  ])("D notes as released all that a Service gave up by $name, with what was leaving it", async ({ end }) => {
    world.source.put(keeping("forever"), serviceObject("web"));
    await world.start();
    world.announce("192.0.2.0");
    await world.advance(WRITTEN_MS);
    await world.edit("web", { annotations: { "hawser.dev/release-addresses": "192.0.2.0" } });
    expect(world.line("web")).toBe("192.0.2.1 192.0.2.0 AddressAssigned");
    await end();
    await world.advance(2 * WRITTEN_MS);
    const { holdings } = world.source.history.get("hawser-history") as unknown as AddressHistory;
    const latest = new Map(holdings.toReversed().map(({ address, change }) => [address, change]));
    expect(Object.fromEntries(latest)).toEqual({ "192.0.2.0": "released", "192.0.2.1": "released" });
  });

  it("D writes the history once for it: on a clean stop, and not again", async () => {
    await deleted("forever");
    const before = world.source.historyWrites;
    await again("stop");
    await world.advance(600_000);
    await again("stop");
    expect(world.source.historyWrites).toBe(before + 1);
  });

  it("D does not wait for a history that cannot be written", async () => {
    await deleted("forever");
    world.source.report = () => new Promise(() => {});
    const stopping = world.stop().then(() => "stopped");
    const step = async () => world.time.advance(1_000).then(() => "waits");
    let seconds = 0;
    while ((await Promise.race([stopping, step()])) === "waits") seconds++;
    expect(seconds).toBeGreaterThanOrEqual(4);
    expect(seconds).toBeLessThan(10);
    world = new World();
  });
});

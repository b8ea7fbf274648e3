// hawser.dev/release-addresses: a Service gives an address up when another one answers in its place (10 C).
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configObject, pools, serviceObject, World } from "./world.ts";

const SETTLED_MS = 2_000;
const OVERLAP_MS = 30_000;
const REPORTS_MS = 500;
const RELEASE = "hawser.dev/release-addresses";
const NEW = pools("198.51.100.0/30");

let world: World;
beforeEach(async () => {
  world = new World();
  world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
  await world.start();
  await hear("192.0.2.0");
});
afterEach(() => world.stop());

async function hear(...announcing: readonly string[]): Promise<void> {
  world.announce(...announcing);
  await world.advance(REPORTS_MS);
}

async function wish(text = "192.0.2.0", name = "web"): Promise<void> {
  await world.edit(name, { annotations: { [RELEASE]: text } });
}

const marks = (name = "web"): (string | undefined)[] =>
  [RELEASE, "hawser.dev/leaving-addresses"].map((mark) => world.object(name).metadata.annotations[mark]);
const line = (): string => world.line("web");
const releases = (): string[] =>
  world.source.events.flatMap(({ reason, message }) => (reason === "AddressReleased" ? message : []));

describe("a Service that is to release an address", () => {
  it("gets another one, has both until a speaker answers for that, and the wish goes with the address", async () => {
    await world.put(NEW);
    await wish();
    expect([line(), ...marks()]).toEqual(["198.51.100.0 192.0.2.0 AddressAssigned", "192.0.2.0", "192.0.2.0"]);
    await hear("192.0.2.0", "198.51.100.0");
    expect(line()).toBe("198.51.100.0 192.0.2.0 AddressAssigned");
    const before = world.writes("web");
    await world.advance(SETTLED_MS);
    expect([line(), ...marks()]).toEqual(["198.51.100.0 AddressAssigned", undefined, undefined]);
    expect([world.announced("web"), world.writes("web") - before]).toEqual(["True Announced", 1]);
    expect(releases()).toEqual(["192.0.2.0: given up, as hawser.dev/release-addresses asks."]);
    await world.put(pools("198.51.100.0/30", "192.0.2.0/30"));
    await world.advance(3_600_000);
    expect(line()).toBe("198.51.100.0 AddressAssigned");
  });

  it("keeps the old one beside the new one for as long as no speaker answers for that", async () => {
    await world.put(NEW);
    await wish();
    await world.advance(OVERLAP_MS * 20);
    await hear("192.0.2.0");
    expect(line()).toBe("198.51.100.0 192.0.2.0 AddressAssigned");
    expect(world.announced("web")).toBe("False NoEligibleNode");
    await hear("192.0.2.0", "198.51.100.0");
    await world.advance(SETTLED_MS);
    expect([line(), ...marks()]).toEqual(["198.51.100.0 AddressAssigned", undefined, undefined]);
  });

  it("keeps the old one no longer than in any exchange once no speaker answers for that either", async () => {
    await world.put(NEW);
    await wish();
    await hear();
    await world.advance(OVERLAP_MS - 1_000);
    expect(line()).toBe("198.51.100.0 192.0.2.0 AddressAssigned");
    await world.advance(1_000);
    expect([line(), ...marks()]).toEqual(["198.51.100.0 AddressAssigned", undefined, undefined]);
  });

  it("keeps it where no other is free, says why in condition and Event, and moves as soon as one is", async () => {
    await world.put(configObject("address-pools: []\n"));
    await wish();
    expect([line(), ...marks()]).toEqual(["192.0.2.0 AddressNotReleased", "192.0.2.0", undefined]);
    expect([world.announced("web"), world.events("web").at(-1)]).toEqual([
      "True Announced",
      "Warning AddressNotReleased",
    ]);
    await world.advance(3_600_000);
    expect(line()).toBe("192.0.2.0 AddressNotReleased");
    await world.put(NEW);
    await hear("192.0.2.0", "198.51.100.0");
    await world.advance(SETTLED_MS);
    expect([line(), ...marks()]).toEqual(["198.51.100.0 AddressAssigned", undefined, undefined]);
  });

  it("keeps it where the wish is taken back before another one is free", async () => {
    await world.put(configObject("address-pools: []\n"));
    await wish();
    const object = world.object("web");
    const { [RELEASE]: _wish, ...annotations } = object.metadata.annotations;
    await world.put({ ...object, metadata: { ...object.metadata, annotations } });
    expect(line()).toBe("192.0.2.0 AddressOrphaned");
    await world.put(NEW);
    expect(line()).toBe("192.0.2.0 AddressOrphaned");
  });

  it.each([
    { name: "an address of another Service", text: "192.0.2.1" },
    { name: "no address", text: "all" },
  ])("keeps what it has where it names $name, and nothing of another Service changes", async ({ text }) => {
    await world.put(serviceObject("other", { createdMs: 2 }));
    await world.advance(3_600_000);
    const before = [world.writes("web"), world.writes("other")];
    await wish(text);
    await world.advance(3_600_000);
    expect([line(), world.line("other")]).toEqual(["192.0.2.0 AddressAssigned", "192.0.2.1 AddressAssigned"]);
    expect([marks()[0], world.writes("other")]).toEqual([text, before[1]]);
    expect(world.writes("web")).toBe(before[0]);
  });

  it("is written once where the wish is applied again and again, as a manifest may do", async () => {
    await world.put(NEW);
    await wish();
    await hear("192.0.2.0", "198.51.100.0");
    await world.advance(SETTLED_MS);
    const before = world.writes("web");
    for (let time = 0; time < 5; time++) {
      await wish();
      await world.advance(60_000);
    }
    expect([line(), world.writes("web")]).toEqual(["198.51.100.0 AddressAssigned", before]);
  });

  it("gives up all, the wish too, where it stops to be of type LoadBalancer", async () => {
    await world.put(NEW);
    await wish();
    await world.edit("web", { annotations: { [RELEASE]: "192.0.2.0" }, spec: { type: "ClusterIP" } });
    expect([world.line("web"), ...marks()]).toEqual(["-", undefined, undefined]);
  });
});

describe("a controller that is killed while an address is released", () => {
  it.each(["before it read the wish", "after its first write", "after a speaker answered"])(
    "is followed by one that finishes it: %s",
    async (moment) => {
      await world.put(NEW);
      if (moment === "before it read the wish") {
        await world.stop();
        await wish();
      } else {
        await wish();
        if (moment === "after a speaker answered") await hear("192.0.2.0", "198.51.100.0");
        await world.stop();
      }
      world = await new World(world.source, world.time).start();
      expect(line()).toBe("198.51.100.0 192.0.2.0 AddressAssigned");
      await world.advance(OVERLAP_MS * 2);
      world.announce("192.0.2.0", "198.51.100.0");
      await world.advance(REPORTS_MS);
      await world.advance(SETTLED_MS);
      expect([line(), ...marks()]).toEqual(["198.51.100.0 AddressAssigned", undefined, undefined]);
    },
  );
});

describe("addresses that are released, in any order of events", () => {
  const names = ["a", "b", "c"] as const;
  const ips = ["192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.0", "198.51.100.1"] as const;
  const configs = [pools("192.0.2.0/30"), pools("198.51.100.0/31"), pools("192.0.2.0/31", "198.51.100.0/31")];
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ release: fc.constantFrom(...names), ips: fc.subarray([...ips]) }) },
    { weight: 3, arbitrary: fc.record({ announce: fc.subarray([...ips]) }) },
    { weight: 2, arbitrary: fc.record({ advanceMs: fc.constantFrom(500, 5_000, 40_000) }) },
    { weight: 2, arbitrary: fc.record({ config: fc.constantFrom(...configs) }) },
    { weight: 1, arbitrary: fc.record({ fault: fc.constantFrom("refused", "conflict", "answer lost") }) },
    { weight: 1, arbitrary: fc.constant({ restart: true }) },
  );

  it("no Service is ever without an address, none is on two, and only what is named moves", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        let one = new World();
        one.source.put(pools("192.0.2.0/30"), ...names.map((name, at) => serviceObject(name, { createdMs: at })));
        const has = (name: string): string[] =>
          one.object(name).status?.loadBalancer?.ingress?.map(({ ip }) => ip) ?? [];
        await one.start();
        const wished = new Map<string, Set<string>>(names.map((name) => [name, new Set()]));
        let before = new Map(names.map((name) => [name, has(name)]));
        const look = (): void => {
          for (const name of names) {
            expect(has(name).length).toBeGreaterThan(0);
            for (const ip of before.get(name) ?? [])
              if (!has(name).includes(ip)) expect([...(wished.get(name) ?? [])]).toContain(ip);
          }
          const all = names.flatMap(has);
          expect(new Set(all).size).toBe(all.length);
          before = new Map(names.map((name) => [name, has(name)]));
        };
        for (const each of steps) {
          if ("release" in each) {
            for (const ip of each.ips) wished.get(each.release)?.add(ip);
            await one.edit(each.release, {
              createdMs: names.indexOf(each.release),
              annotations: { [RELEASE]: each.ips.join(",") },
            });
          } else if ("announce" in each) one.announce(...each.announce);
          else if ("config" in each) await one.put(each.config);
          else if ("fault" in each) one.source.faults.set("*", [each.fault]);
          else if ("advanceMs" in each) await one.advance(each.advanceMs);
          else {
            await one.stop();
            one = await new World(one.source, one.time).start();
          }
          await one.advance(0);
          look();
        }
        await one.stop();
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

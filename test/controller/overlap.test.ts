// Make before break: a new address answers before the one in its place stops.
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configObject, pools, serviceObject, World } from "./world.ts";

/** As long as an address may stay that is replaced, where no speaker answers for it. */
const OVERLAP_MS = 30_000;
/** Both stay so long after a speaker was seen to answer for the new one. */
const SETTLED_MS = 2_000;
/** Reports that come within this time are one piece of work. */
const REPORTS_MS = 500;
const ADDRESSES = "hawser.dev/load-balancer-ips";
const LEAVING = "hawser.dev/leaving-addresses";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

async function hear(...announcing: readonly string[]): Promise<void> {
  world.announce(...announcing);
  await world.advance(REPORTS_MS);
}

/** A Service that has 192.0.2.0, announced, and asks for another address now. */
async function moved(annotations: Readonly<Record<string, string>> = { [ADDRESSES]: "192.0.2.2" }): Promise<void> {
  world.source.put(pools("192.0.2.0/30", "198.51.100.0/30"), serviceObject("web"));
  await world.start();
  await hear("192.0.2.0");
  await world.edit("web", { annotations });
}

const shown = (name = "web"): string => world.line(name).replace(" AddressAssigned", "");
const mark = (name = "web"): string | undefined => world.object(name).metadata.annotations[LEAVING];
const releases = (): string[] =>
  world.source.events.flatMap(({ reason, message }) => (reason === "AddressReleased" ? message : []));

describe("a Service that asks for another address", () => {
  it.each([
    { name: "an address", annotations: { [ADDRESSES]: "192.0.2.2" }, gets: "192.0.2.2" },
    { name: "a pool", annotations: { "hawser.dev/address-pool": "p1" }, gets: "198.51.100.0" },
  ])("keeps the old one beside the new one until a speaker answers for that: $name", async ({ annotations, gets }) => {
    await moved(annotations);
    expect([shown(), mark(), releases()]).toEqual([`${gets} 192.0.2.0`, "192.0.2.0", []]);
    await hear("192.0.2.0");
    expect(shown()).toBe(`${gets} 192.0.2.0`);
    await hear("192.0.2.0", gets);
    await world.advance(SETTLED_MS - 1);
    expect(shown()).toBe(`${gets} 192.0.2.0`);
    await world.advance(1);
    expect([shown(), mark()]).toEqual([gets, undefined]);
    expect(releases()).toEqual(["192.0.2.0: exchanged for the requested address or pool."]);
    expect(world.announced("web")).toBe("True Announced");
    // Assigned, announced, both, both announced, the new one alone.
    expect(world.writes("web")).toBe(5);
  });

  it("keeps it as long as a speaker answers for it and none for the new one", async () => {
    await moved();
    await world.advance(20 * OVERLAP_MS);
    await hear("192.0.2.0", "203.0.113.1");
    expect([shown(), mark()]).toEqual(["192.0.2.2 192.0.2.0", "192.0.2.0"]);
    expect(world.announced("web")).toMatch(/^False /);
    await hear("192.0.2.0", "192.0.2.2");
    await world.advance(SETTLED_MS);
    expect([shown(), mark(), releases().length]).toEqual(["192.0.2.2", undefined, 1]);
  });

  it("keeps it for 30 s and no longer once no speaker answers for it either", async () => {
    await moved();
    await world.advance(20 * OVERLAP_MS);
    await hear();
    await world.advance(OVERLAP_MS - REPORTS_MS);
    expect(shown()).toBe("192.0.2.2 192.0.2.0");
    await world.advance(REPORTS_MS);
    expect([shown(), mark(), releases().length]).toEqual(["192.0.2.2", undefined, 1]);
  });

  it("keeps it for 30 s and no longer in a pool with a quota", async () => {
    const pool = "{ name: p, protocol: layer2, addresses: [192.0.2.0/30], quota-per-namespace: 1 }";
    world.source.put(configObject(`address-pools:\n- ${pool}\n`), serviceObject("web"));
    await world.start();
    await hear("192.0.2.0");
    await world.edit("web", { annotations: { [ADDRESSES]: "192.0.2.2" } });
    await world.advance(OVERLAP_MS - 1);
    expect(shown()).toBe("192.0.2.2 192.0.2.0");
    await world.advance(1);
    expect([shown(), mark()]).toEqual(["192.0.2.2", undefined]);
  });

  it("keeps one, the last, where it was moved several times and no speaker answers for the new ones", async () => {
    await moved();
    await hear("192.0.2.0", "192.0.2.2");
    await world.edit("web", { annotations: { [ADDRESSES]: "192.0.2.3" } });
    expect(shown()).toBe("192.0.2.3 192.0.2.2 192.0.2.0");
    await world.advance(20 * OVERLAP_MS);
    expect([shown(), mark()]).toEqual(["192.0.2.3 192.0.2.2", "192.0.2.2"]);
    await hear("192.0.2.2", "192.0.2.3");
    await world.advance(SETTLED_MS);
    expect([shown(), mark()]).toEqual(["192.0.2.3", undefined]);
  });

  it("gives it up at once where there is no speaker that could answer for the old one: there is nothing to lose", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    await world.edit("web", { annotations: { [ADDRESSES]: "192.0.2.2" } });
    expect([shown(), mark(), world.writes("web")]).toEqual(["192.0.2.2", undefined, 2]);
  });

  it("keeps the old one where a speaker may answer for it already, and has not reported it yet", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    await hear("203.0.113.1");
    await world.edit("web", { annotations: { [ADDRESSES]: "192.0.2.2" } });
    expect([shown(), mark()]).toEqual(["192.0.2.2 192.0.2.0", "192.0.2.0"]);
    await hear("192.0.2.0", "192.0.2.2");
    await world.advance(SETTLED_MS);
    expect([shown(), mark(), releases().length]).toEqual(["192.0.2.2", undefined, 1]);
  });

  it("gives it up at once where speakers are there and none has answered for it for long", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    await hear("203.0.113.1");
    await world.advance(OVERLAP_MS);
    await world.edit("web", { annotations: { [ADDRESSES]: "192.0.2.2" } });
    expect([shown(), mark()]).toEqual(["192.0.2.2", undefined]);
  });

  it("keeps others off the old one meanwhile, and lets it go afterwards", async () => {
    await moved();
    const asks = serviceObject("asks", { createdMs: 2, annotations: { [ADDRESSES]: "192.0.2.0" } });
    await world.put(asks);
    expect(world.line("asks")).toBe("RequestedAddressInUse");
    await hear("192.0.2.0", "192.0.2.2");
    await world.advance(SETTLED_MS);
    expect([shown("asks"), shown()]).toEqual(["192.0.2.0", "192.0.2.2"]);
  });

  it("takes the old one back where it is asked for again before a speaker answers for the new one, which goes a moment later", async () => {
    await moved();
    await world.edit("web", { annotations: { [ADDRESSES]: "192.0.2.0" } });
    expect(shown()).toBe("192.0.2.0 192.0.2.2");
    await world.advance(SETTLED_MS);
    expect([shown(), mark(), world.announced("web")]).toEqual(["192.0.2.0", undefined, "True Announced"]);
  });

  it.each([
    { name: "emptied", text: "" },
    { name: "no address", text: "all" },
    { name: "the new address", text: "192.0.2.2" },
  ])("lets the old one go also where its owner edits the mark: $name", async ({ text }) => {
    await moved();
    await world.edit("web", { annotations: { [LEAVING]: text, [ADDRESSES]: "192.0.2.2" } });
    expect([shown(), mark()]).toEqual(["192.0.2.2 192.0.2.0", "192.0.2.0"]);
    await hear("192.0.2.0", "192.0.2.2");
    await world.advance(SETTLED_MS);
    expect([shown(), mark(), releases().length]).toEqual(["192.0.2.2", undefined, 1]);
  });

  it("leaves a shared address to the Services that it shared it with", async () => {
    const annotations = { "hawser.dev/sharing-key": "k" };
    world.source.put(pools("192.0.2.0/30"), serviceObject("web", { annotations }));
    world.source.put(serviceObject("other", { annotations, createdMs: 2, spec: { ports: [{ port: 81 }] } }));
    await world.start();
    await hear("192.0.2.0");
    await world.edit("web", { annotations: { ...annotations, [ADDRESSES]: "192.0.2.2" } });
    expect([shown(), shown("other")]).toEqual(["192.0.2.2 192.0.2.0", "192.0.2.0"]);
    await hear("192.0.2.0", "192.0.2.2");
    await world.advance(SETTLED_MS);
    expect([shown(), shown("other")]).toEqual(["192.0.2.2", "192.0.2.0"]);
  });

  it("gives up all where it stops to be of type LoadBalancer", async () => {
    await moved();
    await world.edit("web", { spec: { type: "ClusterIP" } });
    expect([world.line("web"), mark()]).toEqual(["-", undefined]);
    expect(releases()).toHaveLength(2);
  });

  it("shows four leaving addresses at most, however often it is moved", async () => {
    world.source.put(pools("192.0.2.0/27"), serviceObject("web"));
    await world.start();
    const all = Array.from({ length: 12 }, (_, at) => `192.0.2.${at}`);
    await hear("192.0.2.0");
    for (const ip of all.slice(1)) {
      await world.edit("web", { annotations: { [ADDRESSES]: ip } });
      world.announce(...all);
    }
    expect(shown().split(" ").length).toBeLessThanOrEqual(5);
    await world.advance(REPORTS_MS);
    await world.advance(SETTLED_MS);
    expect([shown(), mark()]).toEqual(["192.0.2.11", undefined]);
  });
});

describe("a controller that starts while an address is replaced", () => {
  it.each([
    { name: "when a speaker answers for the new one", announced: ["192.0.2.0", "192.0.2.2"], afterMs: SETTLED_MS },
    { name: "30 s after its start, where none answers for either", announced: [], afterMs: OVERLAP_MS },
  ])("finishes that: $name", async ({ announced, afterMs }) => {
    await moved();
    await world.stop();
    world = await new World(world.source, world.time).start();
    expect([shown(), mark()]).toEqual(["192.0.2.2 192.0.2.0", "192.0.2.0"]);
    world.announce(...announced);
    await world.advance(REPORTS_MS);
    await world.advance(afterMs);
    expect([shown(), mark(), releases().length]).toEqual(["192.0.2.2", undefined, 1]);
  });
});

describe("an address that is replaced, in any order of events", () => {
  const names = ["a", "b", "c"] as const;
  const ips = ["192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3"] as const;
  /** More than three Services can need, each of which leaves an address that another one waits for. */
  const MOVES = 10;
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ edit: fc.constantFrom(...names), ip: fc.constantFrom(...ips) }) },
    { weight: 4, arbitrary: fc.record({ announce: fc.subarray([...ips]) }) },
    { weight: 2, arbitrary: fc.record({ advanceMs: fc.constantFrom(500, 5_000, 40_000) }) },
    { weight: 1, arbitrary: fc.record({ fault: fc.constantFrom("refused", "conflict", "answer lost") }) },
    { weight: 1, arbitrary: fc.record({ empty: fc.constantFrom(...names) }) },
    { weight: 1, arbitrary: fc.constant({ restart: true }) },
  );

  it("is in one status at a time, and in the end each Service has one that nobody else has, or waits for one that another has", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        let world = new World();
        world.source.put(pools("192.0.2.0/30"), ...names.map((name, at) => serviceObject(name, { createdMs: at })));
        const inUse = (): string[] =>
          names.flatMap((name) => world.object(name).status?.loadBalancer?.ingress?.map(({ ip }) => ip) ?? []);
        await world.start();
        for (const one of steps) {
          if ("edit" in one) await world.edit(one.edit, { annotations: { [ADDRESSES]: one.ip } });
          else if ("announce" in one) world.announce(...one.announce);
          else if ("fault" in one) world.source.faults.set("*", [one.fault]);
          else if ("empty" in one) await world.overwrite(one.empty, { loadBalancer: {} });
          else if ("advanceMs" in one) await world.advance(one.advanceMs);
          else {
            await world.stop();
            world = await new World(world.source, world.time).start();
          }
          await world.advance(0);
          expect(new Set(inUse()).size).toBe(inUse().length);
        }
        for (let wait = 0; wait < 3; wait++) await world.advance(1_300_000);
        world.announce(...ips);
        // Services that wait for each other's addresses move one after the other, one each time.
        for (let wait = 0; wait < MOVES; wait++) await world.advance(60_000);
        await world.stop();
        for (const name of names) {
          const { metadata, status } = world.object(name);
          expect(metadata.annotations[LEAVING]).toBeUndefined();
          const has = status?.loadBalancer?.ingress?.map(({ ip }) => ip) ?? [];
          // One whose status was emptied before a restart has nothing to keep, and what it requests may be another's.
          const waits = has.length === 0 && inUse().includes(metadata.annotations[ADDRESSES] ?? "");
          if (waits) continue;
          expect(has).toHaveLength(1);
          expect(metadata.annotations["hawser.dev/assigned-addresses"]).toBe(status?.loadBalancer?.ingress?.[0]?.ip);
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

// A Service has room for 256 KiB of annotations, which its owner may fill: ours may not fit any longer.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_ANNOTATIONS } from "./memory-source.ts";
import { pools, serviceObject, World } from "./world.ts";

const FILL = "shop.example/notes";
const POOL = "hawser.dev/ip-allocated-from-pool";
const IPS = "hawser.dev/load-balancer-ips";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

/** A value with which its annotations leave so much room. */
const filled = (room: number, others: Readonly<Record<string, string>> = {}) => {
  const used = Object.entries(others).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return { ...others, [FILL]: "x".repeat(MAX_ANNOTATIONS - FILL.length - used - room) };
};

async function annotate(name: string, annotations: Readonly<Record<string, string>>): Promise<void> {
  const object = world.object(name);
  await world.put({ ...object, metadata: { ...object.metadata, annotations } });
}

const said = () => world.lines.filter(({ code }) => code === "SERVICE_ANNOTATIONS_REFUSED").length;

describe("a Service whose annotations leave no room for Hawser's", () => {
  it.each([0, 10, 70])(
    "has its address in the status all the same, and a Problem says why: %i bytes left",
    async (room) => {
      world.source.put(pools("192.0.2.0/30"), serviceObject("web", { annotations: filled(room) }));
      await world.start();
      expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
      expect(world.events("web")).toEqual(["Normal AddressAssigned", "Warning AnnotationsRefused"]);
      expect([said(), world.object("web").metadata.annotations[POOL], world.writes("web")]).toEqual([1, undefined, 2]);
      await world.advance(3_600_000);
      world.announce("192.0.2.0");
      await world.advance(1_000);
      expect([world.announced("web"), said()]).toEqual(["True Announced", 1]);
      expect(world.writes("web")).toBeLessThanOrEqual(4);
    },
  );

  it("has Hawser's annotations as soon as there is room for them", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web", { annotations: filled(10) }));
    await world.start();
    await annotate("web", { [FILL]: "x" });
    expect(world.object("web").metadata.annotations[POOL]).toBe("p0");
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
  });

  it("keeps the address where it is filled later, moves by request, and keeps it over a restart", async () => {
    world.source.put(pools("192.0.2.0/29"), serviceObject("web"));
    await world.start();
    world.announce("192.0.2.0", "192.0.2.5");
    await annotate("web", filled(5, { [IPS]: "192.0.2.5" }));
    await world.advance(60_000);
    expect([world.line("web"), said()]).toEqual(["192.0.2.5 AddressAssigned", 1]);
    await world.stop();
    world = await new World(world.source, world.time).start();
    expect(world.line("web")).toBe("192.0.2.5 AddressAssigned");
  });

  it("does not keep others from theirs, and is tried again where the status could not be written for another reason", async () => {
    world.source.faults.set("default/web", ["refused"]);
    const full = serviceObject("web", { createdMs: 1, annotations: filled(0) });
    world.source.put(pools("192.0.2.0/30"), full, serviceObject("other", { createdMs: 2 }));
    await world.start();
    await world.advance(60_000);
    expect(["web", "other"].map((name) => world.line(name))).toEqual([
      "192.0.2.0 AddressAssigned",
      "192.0.2.1 AddressAssigned",
    ]);
  });
});

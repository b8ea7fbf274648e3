import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configObject, pools, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

async function standBy(): Promise<void> {
  world.source.leads = false;
  await world.start();
  // Until then it may come to lead at once.
  expect(world.applied).toBe(0);
  await world.advance(3_000);
}

async function takeOver(): Promise<void> {
  world.source.setLeads(true);
  await world.idle();
}

describe("a standby", () => {
  it("is ready, and writes neither status nor Events, whatever happens", async () => {
    world.source.put(pools("192.0.2.0/31"), serviceObject("web"), { ...serviceObject("broken"), spec: "none" });
    await standBy();
    await world.put(serviceObject("b"), configObject("address-pools: ["));
    await world.remove("web");
    world.announce("192.0.2.0");
    await world.advance(60_000);
    expect([world.source.patched, world.source.events]).toEqual([[], []]);
    expect([world.applied > 0, world.role]).toEqual([true, "on standby"]);
    expect(await world.metric("hawser_controller_leader")).toBe("0");
    expect(await world.metric('hawser_services{state="assigned"}')).toBeUndefined();
  });

  it("that takes over adopts what the other wrote, before anything new", async () => {
    world.source.put(pools("192.0.2.0/31"), serviceObject("new", { createdMs: 0 }), serviceObject("old"));
    await standBy();
    await world.overwrite("old", { loadBalancer: { ingress: [{ ip: "192.0.2.0" }] } });
    await takeOver();
    expect([world.line("old"), world.line("new")]).toEqual(["192.0.2.0 AddressAssigned", "192.0.2.1 AddressAssigned"]);
    expect(await world.metric("hawser_controller_leader")).toBe("1");
  });

  it("that takes over where nothing changed writes nothing and says nothing", async () => {
    world.source.put(pools("192.0.2.0/31"), serviceObject("a"), serviceObject("b"), serviceObject("c"));
    await world.start();
    world.announce("192.0.2.0", "192.0.2.1");
    await world.advance(500);
    await world.stop();
    const [writes, events] = [world.source.patched.length, world.source.events.length];
    world = new World(world.source);
    await standBy();
    await takeOver();
    expect([world.source.patched.length, world.source.events.length]).toEqual([writes, events]);
  });

  it("knows which addresses rest when it takes over, and the last good configuration", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("a", { has: ["192.0.2.0"] }));
    await standBy();
    await world.remove("a");
    await world.put(configObject("address-pools: ["));
    await takeOver();
    await world.put(serviceObject("b"));
    expect(world.line("b")).toBe("192.0.2.1 AddressAssigned");
    expect(world.events("hawser")).toEqual(["Warning ConfigInvalid"]);
  });

  it("that takes over says of a broken Service what nobody said", async () => {
    world.source.put(pools("192.0.2.0/30"), { ...serviceObject("broken"), spec: "none" });
    await standBy();
    await takeOver();
    expect(world.events("broken")).toEqual(["Warning BadRequest"]);
    await world.put(serviceObject("other"));
    expect(world.events("broken")).toHaveLength(1);
  });
});

describe("a leader that is deposed", () => {
  const names = Array.from({ length: 100 }, (_, n) => `s${n}`);

  it.each([
    { how: "and told so", untold: false },
    { how: "and not told yet", untold: true },
  ])("$how begins no patch any more, in the middle of a plan", async ({ untold }) => {
    world.source.put(pools("192.0.2.0/24"), ...names.map((name) => serviceObject(name)));
    world.source.onPatch = () => {
      if (world.source.patched.length === 30) world.source.setLeads(false, { untold });
    };
    await world.start();
    await world.advance(60_000);
    // Those that were under way at once with the thirtieth.
    expect(world.source.patched.length).toBeLessThan(30 + 16);
    world.source.onPatch = () => undefined;
    await takeOver();
    const lines = names.map((name) => world.line(name));
    expect(new Set(lines).size).toBe(names.length);
    expect(lines.filter((line) => !line.endsWith(" AddressAssigned"))).toEqual([]);
  });

  it("hands over to whoever gives away what it did not write", async () => {
    world.source.put(pools("192.0.2.0/31"), serviceObject("young", { createdMs: 9 }));
    world.source.faults.set("default/young", ["refused"]);
    await world.start();
    world.source.setLeads(false);
    // The other replica meanwhile.
    await world.put(serviceObject("old", { has: ["192.0.2.0"] }));
    await takeOver();
    await world.advance(1_000);
    expect([world.line("old"), world.line("young")]).toEqual([
      "192.0.2.0 AddressAssigned",
      "192.0.2.1 AddressAssigned",
    ]);
  });
});

describe("a controller that ends", () => {
  it("begins no patch any more", async () => {
    world.source.put(pools("192.0.2.0/24"), ...Array.from({ length: 100 }, (_, n) => serviceObject(`s${n}`)));
    let ended: Promise<void> | undefined;
    world.source.onPatch = () => {
      if (world.source.patched.length === 30) ended = world.stop();
    };
    await world.start();
    await ended;
    expect(world.source.patched.length).toBeLessThan(30 + 16);
  });
});

describe("a plan", () => {
  it("decides nothing for a Service that changed since: the next plan does", async () => {
    world.source.put(pools("192.0.2.0/24"), ...Array.from({ length: 20 }, (_, n) => serviceObject(`s${n + 10}`)));
    world.source.onPatch = (key) => {
      if (key !== "default/s10") return;
      world.source.onPatch = () => undefined;
      world.source.remove("Service", "default/s29");
      world.source.put(serviceObject("s29", { annotations: { "hawser.dev/load-balancer-ips": "192.0.2.200" } }));
    };
    await world.start();
    // Never another address first.
    expect([world.line("s29"), world.writes("s29")]).toEqual(["192.0.2.200 AddressAssigned", 1]);
  });
});

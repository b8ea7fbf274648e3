import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pools, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

const emptied = { loadBalancer: {} };

describe("a status that somebody empties", () => {
  it("gets the same address again, at once: it never moves", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"), serviceObject("waits", { createdMs: 2 }));
    await world.start();
    await world.overwrite("web", emptied);
    expect([world.line("web"), world.line("waits")]).toEqual([
      "192.0.2.0 AddressAssigned",
      "192.0.2.1 AddressAssigned",
    ]);
    expect([world.writes("web"), world.events("web")]).toEqual([2, ["Normal AddressAssigned"]]);
  });

  it("gets another one where its own stands in another status by now", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    world.source.put(
      { ...world.object("web"), status: emptied },
      serviceObject("foreign", { has: ["192.0.2.0"], spec: { loadBalancerClass: "example.com/lb" } }),
    );
    await world.idle();
    expect([world.line("web"), world.line("foreign")]).toEqual(["192.0.2.1 AddressAssigned", "192.0.2.0 -"]);
  });

  it("L9 of a Service that was deleted and created again at once is given back", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    const { metadata } = serviceObject("web");
    await world.put({ ...serviceObject("web"), metadata: { ...metadata, uid: "second" } });
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
  });
});

describe("another controller that rewrites a status again and again", () => {
  /** What it makes of the status after each write of ours. */
  function rival(undo: Readonly<Record<string, unknown>>): void {
    world.source.onPatch = (key) => {
      if (key !== "default/web") return;
      queueMicrotask(() => {
        world.source.put({ ...world.object("web"), status: { ...world.object("web").status, ...undo } });
      });
    };
  }

  it.each([
    { name: "empties it", undo: emptied },
    { name: "empties it and drops our conditions", undo: { ...emptied, conditions: [] } },
    { name: "sets another ipMode", undo: { loadBalancer: { ingress: [{ ip: "192.0.2.0", ipMode: "Proxy" }] } } },
    {
      name: "puts another Service's address there",
      undo: { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] } },
    },
  ])("and $name is met by few writes, growing pauses and one Event that says what to do", async ({ undo }) => {
    world.source.put(pools("192.0.2.0/28"), serviceObject("other", { createdMs: 0, has: ["192.0.2.1"] }));
    world.source.put(serviceObject("web"));
    rival(undo);
    await world.start();
    await world.advance(0);
    const atOnce = world.writes("web");
    expect(atOnce).toBeLessThanOrEqual(6);
    const contested = () => world.source.events.filter(({ reason }) => reason === "StatusContested");
    expect(contested()).toHaveLength(1);
    expect(contested()[0]?.message).toContain("loadBalancerClass");
    // An hour later.
    for (let minute = 0; minute < 60; minute++) await world.advance(60_000);
    expect(world.writes("web") - atOnce).toBeLessThanOrEqual(14);
    expect(contested()).toHaveLength(1);
    expect(world.source.events.filter(({ about }) => about.name === "web").length).toBeLessThanOrEqual(12);
    expect(world.line("other")).toBe("192.0.2.1 AddressAssigned");
    // It is stopped, and all is well again.
    world.source.onPatch = () => undefined;
    for (let minute = 0; minute < 11; minute++) await world.advance(60_000);
    expect(world.line("web")).toMatch(/^192\.0\.2\.\d+ AddressAssigned$/);
  });

  it("leaves the controller at rest during a pause, though a write failed before it", async () => {
    world.source.put(pools("192.0.2.0/28"), serviceObject("web"));
    rival(emptied);
    await world.start();
    for (let second = 0; second < 20; second++) await world.advance(1_000);
    expect(world.events("web")).toContain("Warning StatusContested");
    // For once its address stays. Then the status is emptied while the word of a speaker is being written into it.
    world.source.onPatch = () => undefined;
    for (let second = 0; second < 60; second++) await world.advance(1_000);
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
    world.source.faults.set("default/web", ["conflict"]);
    rival(emptied);
    world.announce("192.0.2.0");
    await world.advance(500);
    await world.advance(1_000);
    expect(world.line("web")).not.toContain("192.0.2.0");
    const before = world.applied;
    for (let ms = 0; ms < 200; ms++) await world.advance(1);
    expect(world.applied - before).toBeLessThanOrEqual(5);
  });

  it("L2 with an address of its own is not believed: that is never ours, and the Service is contested", async () => {
    world.source.put(pools("192.0.2.0/28"), serviceObject("web"));
    rival({ loadBalancer: { ingress: [{ ip: "198.51.100.7", ipMode: "VIP" }] } });
    await world.start();
    await world.advance(60_000);
    expect(world.events("web")).toContain("Warning StatusContested");
    expect(world.source.events.some(({ reason }) => reason === "AddressOrphaned")).toBe(false);
    expect(world.writes("web")).toBeLessThanOrEqual(12);
    world.source.onPatch = () => undefined;
    for (let minute = 0; minute < 11; minute++) await world.advance(60_000);
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
  });

  it("is not suspected where a person changes the Service", async () => {
    world.source.put(pools("192.0.2.0/28"), serviceObject("web"));
    await world.start();
    for (let change = 0; change < 12; change++)
      await world.edit("web", { spec: change % 2 === 0 ? { type: "ClusterIP" } : {} });
    expect(world.line("web")).toMatch(/ AddressAssigned$/);
    expect(world.events("web")).not.toContain("Warning StatusContested");
  });
});

describe("a Service of another class", () => {
  it("is left alone in every respect: no write, no Event, also where it cannot be read", async () => {
    const spec = { loadBalancerClass: "example.com/lb" };
    const annotations = { "hawser.dev/load-balancer-ips": "nonsense" };
    world.source.put(pools("192.0.2.0/28"), serviceObject("foreign", { spec, annotations }));
    world.source.put(serviceObject("broken", { spec: { ...spec, ports: "none" } }));
    await world.start();
    await world.overwrite("foreign", { loadBalancer: { ingress: [{ ip: "192.0.2.0" }] } });
    await world.advance(60_000);
    expect([world.source.patched, world.source.events]).toEqual([[], []]);
  });

  it("is the only one that is served where the class is ours", async () => {
    world.source.put(pools("192.0.2.0/28"), serviceObject("classless"));
    world.source.put(serviceObject("web", { spec: { loadBalancerClass: "hawser.dev/lb" } }));
    await world.start("hawser.dev/lb");
    expect([world.line("classless"), world.line("web")]).toEqual(["-", "192.0.2.0 AddressAssigned"]);
    expect(world.source.patched).toEqual(["default/web"]);
  });
});

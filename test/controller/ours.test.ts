// Addresses that no Service can have, and those that come back, in a controller over a source in memory.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "#src/model/object.ts";
import { configObject, nodeObject, pools, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

/** Reports that come within this time are one piece of work. */
const REPORTS_MS = 500;

function nodeAt(name: string, address: string): KubeObject {
  const { status, ...node } = nodeObject(name) as KubeObject & { status: object };
  return { ...node, status: { ...status, addresses: [{ type: "InternalIP", address }] } };
}

function lost(name: string): string[] {
  return world.source.events
    .filter(({ about, reason }) => about.name === name && reason === "AddressUnusable")
    .map(({ type, message }) => `${type} ${message}`);
}

describe("an address that a Service has", () => {
  it("L1 is let go when a Node joins that has it, with one Event, and the Service gets another", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    await world.put(nodeAt("n9", "192.0.2.0"));
    expect(world.line("web")).toBe("192.0.2.1 AddressAssigned");
    expect(lost("web")).toEqual([
      'Warning 192.0.2.0: it is the address of Node "n9", and no Service can have it. See hawser explain default/web.',
    ]);
    await world.advance(600_000);
    expect(lost("web")).toHaveLength(1);
  });

  it("L1 L10 is let go when a member says that it is on an interface, or its default gateway", async () => {
    world.source.put(pools("192.0.2.0/29"), serviceObject("a"), serviceObject("b", { createdMs: 2 }));
    await world.start();
    expect([world.line("a"), world.line("b")]).toEqual(["192.0.2.0 AddressAssigned", "192.0.2.1 AddressAssigned"]);
    const eth0 = { name: "eth0", mac: "", subnets: ["192.0.2.0/29"], addresses: ["192.0.2.1"] };
    const record = { node: "n1", addresses: ["192.0.2.1"], gateways: ["192.0.2.0"], interfaces: [eth0] };
    world.source.publishes("member-n1", record);
    await world.advance(REPORTS_MS);
    expect([world.line("a"), world.line("b")]).toEqual(["192.0.2.2 AddressAssigned", "192.0.2.3 AddressAssigned"]);
    expect([lost("a"), lost("b")].flat()).toEqual([
      'Warning 192.0.2.0: it is the default gateway of node "n1", and no Service can have it. See hawser explain default/a.',
      'Warning 192.0.2.1: it is an address of interface "eth0" of node "n1", and no Service can have it. See hawser explain default/b.',
    ]);
    // The same record again is nothing to decide about.
    const writes = world.source.patched.length;
    world.source.publishes("member-n1", { ...record });
    await world.advance(REPORTS_MS);
    expect(world.source.patched).toHaveLength(writes);
  });
});

describe("an address that a network of the nodes keeps for itself", () => {
  it("A is not assigned once a member is in that network, is warned of, and is kept where it is in use", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("has"));
    await world.start();
    const eth0 = { name: "eth0", mac: "", subnets: ["192.0.2.0/30"], addresses: [] };
    world.source.publishes("member-n1", { node: "n1", addresses: ["198.51.100.1"], gateways: [], interfaces: [eth0] });
    await world.advance(REPORTS_MS);
    expect(world.line("has")).toBe("192.0.2.0 AddressAssigned");
    for (const name of ["a", "b", "c"]) await world.put(serviceObject(name, { createdMs: 2 }));
    expect(["a", "b", "c"].map((name) => world.line(name))).toEqual([
      "192.0.2.1 AddressAssigned",
      "192.0.2.2 AddressAssigned",
      expect.stringContaining("PoolExhausted"),
    ]);
    const warned = world.lines.filter(({ code }) => code === "POOL_HAS_NETWORK_ADDRESS").map(({ what }) => what);
    expect(warned).toEqual(["Never assigns 192.0.2.0", "Never assigns 192.0.2.3"]);
  });
});

describe("an address that another provider left", () => {
  it("L2 stays in the status of a Service that the pools have none for, and is not said to be announced", async () => {
    world.source.put(pools("192.0.2.0/32"), serviceObject("first", { createdMs: 0 }));
    world.source.put(serviceObject("web", { createdMs: 5, has: ["203.0.113.77"] }));
    world.announce("192.0.2.0");
    await world.start();
    expect([world.line("web"), world.announced("web")]).toEqual(["203.0.113.77 AddressNotOurs", "-"]);
    expect(world.events("web")).toEqual(["Warning AddressNotOurs"]);
    expect(world.object("web").metadata.annotations).toEqual({});
    expect(await world.metric('hawser_services{state="pending"}')).toBe("1");
    await world.advance(600_000);
    expect(world.writes("web")).toBe(1);
    await world.remove("first");
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
  });

  it("L2 is a host name: it stays as well, until there is an address to replace it", async () => {
    world.source.put(pools("192.0.2.0/32"), serviceObject("first", { createdMs: 0 }));
    const loadBalancer = { ingress: [{ hostname: "lb.example.com" }] };
    world.source.put({ ...serviceObject("web", { createdMs: 5 }), status: { loadBalancer } });
    await world.start();
    expect(world.object("web").status?.loadBalancer).toEqual(loadBalancer);
    expect([world.line("web"), world.writes("web")]).toEqual([" PoolExhausted", 1]);
    await world.remove("first");
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
  });

  it("L2 is told from one that a pool contained: that keeps serving over a restart", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    await world.put(pools("198.51.100.0/30"));
    expect(world.line("web")).toBe("192.0.2.0 AddressOrphaned");
    await world.stop();
    world = await new World(world.source).start();
    expect(world.line("web")).toBe("192.0.2.0 AddressOrphaned");
    await world.put(configObject("address-pools: []\n"));
    expect(world.line("web")).toBe("192.0.2.0 AddressOrphaned");
    // Another provider writes its own while no controller runs: the mark does not name that one.
    await world.stop();
    await world.overwrite("web", { loadBalancer: { ingress: [{ ip: "203.0.113.77" }] } });
    world = await new World(world.source).start();
    expect(world.line("web")).toBe("203.0.113.77 AddressNotOurs");
  });
});

describe("a Service that comes again", () => {
  it("L9 gets its address back, deleted and created four times", async () => {
    world.source.put(pools("192.0.2.0/30"));
    await world.start();
    const lines: string[] = [];
    for (let round = 0; round < 4; round++) {
      await world.put(serviceObject("web"));
      lines.push(world.line("web"));
      await world.remove("web");
      await world.advance(1_000);
    }
    expect(new Set(lines)).toEqual(new Set(["192.0.2.0 AddressAssigned"]));
  });

  it("L9 gets its address back after it was a ClusterIP, and no other had it meanwhile", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    await world.edit("web", { spec: { type: "ClusterIP" } });
    await world.put(serviceObject("other", { createdMs: 0 }));
    await world.edit("web", {});
    expect([world.line("web"), world.line("other")]).toEqual([
      "192.0.2.0 AddressAssigned",
      "192.0.2.1 AddressAssigned",
    ]);
  });
});

describe("Services that share an address", () => {
  it("L8 the one that is edited yields, though it is the oldest and the controller is another one", async () => {
    const sharing = (port: number) => ({
      annotations: { "hawser.dev/sharing-key": "k" },
      spec: { ports: [{ port, protocol: "TCP" }] },
    });
    world.source.put(pools("192.0.2.0/30"));
    for (const [at, name] of ["a", "b", "c"].entries())
      world.source.put(serviceObject(name, { createdMs: at, ...sharing(80 + at) }));
    await world.start();
    expect(["a", "b", "c"].map((name) => world.line(name))).toEqual(
      Array.from({ length: 3 }, () => "192.0.2.0 AddressAssigned"),
    );
    await world.stop();
    await world.edit("a", sharing(82));
    world = await new World(world.source).start();
    expect(["a", "b", "c"].map((name) => world.line(name))).toEqual([
      "192.0.2.1 AddressAssigned",
      "192.0.2.0 AddressAssigned",
      "192.0.2.0 AddressAssigned",
    ]);
    expect(world.events("b")).toEqual(["Normal AddressAssigned"]);
    // An edit that is no conflict is noted, and moves nothing.
    await world.edit("b", sharing(90));
    expect(world.line("b")).toBe("192.0.2.0 AddressAssigned");
    expect(world.object("b").metadata.annotations["hawser.dev/sharing-terms"]).toBe('["k","","TCP/90"]');
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { KubeObject } from "#src/model/object.ts";
import { eventually } from "#test/support/eventually.ts";
import { configObject, pools, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

describe("an address", () => {
  it("is written with condition, annotation and Event, once", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    expect(world.object("web").status).toEqual({
      loadBalancer: { ingress: [{ ip: "192.0.2.0", ipMode: "VIP" }] },
      conditions: [
        {
          type: "hawser.dev/AddressAssigned",
          status: "True",
          reason: "AddressAssigned",
          message: 'Has 192.0.2.0 from pool "p0".',
          lastTransitionTime: "2026-01-01T00:16:40Z",
        },
        {
          type: "hawser.dev/Announced",
          status: "Unknown",
          reason: "AnnouncementPending",
          message: "Assigned just now. No speaker has reported yet that it answers.",
          lastTransitionTime: "2026-01-01T00:16:40Z",
        },
      ],
    });
    expect(world.object("web").metadata.annotations).toEqual({
      "hawser.dev/ip-allocated-from-pool": "p0",
      "hawser.dev/assigned-addresses": "192.0.2.0",
    });
    expect(world.events("web")).toEqual(["Normal AddressAssigned"]);
    await world.put(serviceObject("other", { spec: { type: "ClusterIP" } }));
    expect(world.source.patched).toEqual(["default/web"]);
    expect(await world.metric("hawser_assignments_total")).toBe("1");
    expect(await world.metric('hawser_pool_addresses{pool="p0",family="ipv4"}')).toBe("4");
    expect(await world.metric('hawser_pool_addresses_in_use{pool="p0",family="ipv4"}')).toBe("1");
    expect(await world.metric('hawser_services{state="assigned"}')).toBe("1");
  });

  it("is written beside the conditions of others; the time of ours changes with its status only", async () => {
    const foreign = { type: "example.com/Checked", status: "True" };
    world.source.put(serviceObject("web"));
    world.source.put({ ...serviceObject("web"), status: { conditions: [foreign] } });
    await world.start();
    const [kept, first] = world.object("web").status?.conditions ?? [];
    expect([kept, first?.["reason"], first?.["status"]]).toEqual([foreign, "NoPoolConfigured", "False"]);
    await world.advance(60_000);
    await world.put(pools());
    const unchanged = world.object("web").status?.conditions?.[1];
    expect(unchanged?.["message"]).not.toBe(first?.["message"]);
    expect(unchanged?.["lastTransitionTime"]).toBe(first?.["lastTransitionTime"]);
    await world.put(pools("192.0.2.0/30"));
    const changed = world.object("web").status?.conditions?.[1];
    expect([changed?.["status"], changed?.["lastTransitionTime"]]).toEqual(["True", "2026-01-01T00:17:40Z"]);
  });

  it("is released when the type changes, and all that is ours is removed", async () => {
    world.source.put(pools("192.0.2.0/32"), serviceObject("web"));
    await world.start();
    await world.edit("web", { spec: { type: "NodePort" } });
    expect(world.object("web").status).toEqual({ loadBalancer: {}, conditions: undefined });
    expect(world.object("web").metadata.annotations).toEqual({});
    expect(world.events("web")).toEqual(["Normal AddressAssigned", "Normal AddressReleased"]);
    await world.edit("web", {});
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
  });

  it.each(["delete", "type change"])("freed by %s goes to the one that waits", async (how) => {
    world.source.put(pools("192.0.2.0/32"), serviceObject("a"), serviceObject("b", { createdMs: 2 }));
    await world.start();
    expect([world.line("a"), world.line("b")]).toEqual(["192.0.2.0 AddressAssigned", "PoolExhausted"]);
    await (how === "delete" ? world.remove("a") : world.edit("a", { spec: { type: "ClusterIP" } }));
    expect(world.line("b")).toBe("192.0.2.0 AddressAssigned");
    expect(world.events("b")).toEqual(["Warning PoolExhausted", "Normal AddressAssigned"]);
  });

  it("is picked up when the pool grows", async () => {
    world.source.put(pools("192.0.2.0/32"), serviceObject("a"), serviceObject("b", { createdMs: 2 }));
    await world.start();
    await world.put(pools("192.0.2.0/31"));
    expect([world.line("a"), world.line("b")]).toEqual(["192.0.2.0 AddressAssigned", "192.0.2.1 AddressAssigned"]);
  });

  it("rests after its Service is deleted, and not for ever", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("a"));
    await world.start();
    await world.remove("a");
    await world.put(serviceObject("b"));
    expect(world.line("b")).toBe("192.0.2.1 AddressAssigned");
    await world.advance(120_000);
    await world.put(serviceObject("c"));
    expect(world.line("c")).toBe("192.0.2.0 AddressAssigned");
  });

  it("of a Service of another class is left alone", async () => {
    world.source.put(pools("192.0.2.0/30"));
    world.source.put(serviceObject("foreign", { has: ["192.0.2.0"], spec: { loadBalancerClass: "example.com/lb" } }));
    world.source.put(serviceObject("web", { createdMs: 0 }));
    await world.start();
    expect(world.source.patched).toEqual(["default/web"]);
    expect([world.line("foreign"), world.line("web")]).toEqual(["192.0.2.0 -", "192.0.2.1 AddressAssigned"]);
  });
});

describe("a restart", () => {
  it("adopts what is there before anything new, whoever competes, five times", async () => {
    world.source.put(pools("192.0.2.0/31"));
    world.source.put(serviceObject("a", { createdMs: 8 }), serviceObject("b", { createdMs: 9 }));
    await world.start();
    await world.put(serviceObject("older", { createdMs: 1 }), serviceObject("oldest", { createdMs: 0 }));
    const before = ["a", "b", "older", "oldest"].map((name) => world.line(name));
    expect(before).toEqual([
      "192.0.2.0 AddressAssigned",
      "192.0.2.1 AddressAssigned",
      "PoolExhausted",
      "PoolExhausted",
    ]);
    const writes = world.source.patched.length;
    for (let restart = 0; restart < 5; restart++) {
      await world.stop();
      world = await new World(world.source).start();
    }
    expect(["a", "b", "older", "oldest"].map((name) => world.line(name))).toEqual(before);
    expect(world.source.patched).toHaveLength(writes);
  });

  it("decides nothing before Services and ConfigMaps are synced", async () => {
    const sync = Promise.withResolvers<void>();
    world.source.synced = sync.promise;
    world.source.put(serviceObject("new", { createdMs: 0 }));
    const starting = world.start();
    world.source.put(serviceObject("old", { createdMs: 9, has: ["192.0.2.0"] }));
    await world.time.advance(1_000);
    expect([world.applied, world.source.patched]).toEqual([0, []]);
    world.source.put(pools("192.0.2.0/31"));
    sync.resolve();
    await starting;
    expect([world.line("old"), world.line("new")]).toEqual(["192.0.2.0 AddressAssigned", "192.0.2.1 AddressAssigned"]);
    expect(world.applied).toBeGreaterThan(0);
  });

  it("adopts a status without our marks, and completes it without moving anything", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web", { has: ["192.0.2.3"] }));
    await world.start();
    expect(world.line("web")).toBe("192.0.2.3 AddressAssigned");
    // Where ipMode is not there it means VIP.
    expect(world.object("web").status?.loadBalancer).toEqual({ ingress: [{ ip: "192.0.2.3" }] });
  });
});

describe("bad input", () => {
  it.each([
    { name: "YAML that does not end", config: "address-pools: [" },
    {
      name: "a reversed range",
      config: 'address-pools: [{name: p, protocol: layer2, addresses: ["192.0.2.9-192.0.2.1"]}]',
    },
  ])("a ConfigMap with $name leaves the last good one in force, and says so once", async ({ config }) => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("a"));
    await world.start();
    await world.put(configObject(config));
    await world.put(serviceObject("b"));
    expect([world.line("a"), world.line("b")]).toEqual(["192.0.2.0 AddressAssigned", "192.0.2.1 AddressAssigned"]);
    // That it was loaded at the start is no news.
    expect(world.events("hawser")).toEqual(["Warning ConfigInvalid"]);
    expect(await world.metric("hawser_config_stale")).toBe("1");
    await world.put({
      ...configObject(config),
      metadata: { ...configObject(config).metadata, labels: { touched: "yes" } },
    });
    expect(world.events("hawser")).toHaveLength(1);
    await world.put(pools("192.0.2.0/30"));
    expect(await world.metric("hawser_config_stale")).toBe("0");
    expect(world.events("hawser").at(-1)).toBe("Normal ConfigLoaded");
  });

  it("a ConfigMap that goes leaves the last good one in force", async () => {
    world.source.put(pools("192.0.2.0/31"), serviceObject("a"));
    await world.start();
    world.source.remove("ConfigMap", "hawser-system/hawser");
    await world.put(serviceObject("b"));
    expect([world.line("a"), world.line("b")]).toEqual(["192.0.2.0 AddressAssigned", "192.0.2.1 AddressAssigned"]);
    expect(await world.metric("hawser_config_stale")).toBe("1");
  });

  it("without any good ConfigMap nothing that exists is touched", async () => {
    world.source.put(configObject("address-pools: ["), serviceObject("a", { has: ["192.0.2.9"] }), serviceObject("b"));
    await world.start();
    expect([world.line("a"), world.line("b")]).toEqual(["192.0.2.9 -", "NoPoolConfigured"]);
  });

  it("a Service that cannot be read harms no other, and nobody gets its address", async () => {
    const broken = { ...serviceObject("broken", { has: ["192.0.2.0"] }), spec: "not a spec" };
    world.source.put(pools("192.0.2.0/31"), broken, serviceObject("web"));
    await world.start();
    expect(world.line("web")).toBe("192.0.2.1 AddressAssigned");
    expect(world.events("broken")).toEqual(["Warning BadRequest"]);
    expect(world.source.patched).toEqual(["default/web"]);
    expect(await world.metric('hawser_services{state="unreadable"}')).toBe("1");
    await world.put(broken);
    expect(world.events("broken")).toHaveLength(1);
  });

  it("a request that cannot be read keeps the address", async () => {
    world.source.put(pools("192.0.2.0/31"), serviceObject("web"));
    await world.start();
    await world.edit("web", { annotations: { "hawser.dev/load-balancer-ips": "192.0.2" } });
    expect(world.line("web")).toBe("192.0.2.0 BadRequest");
    expect(world.events("web")).toEqual(["Normal AddressAssigned", "Warning BadRequest"]);
  });
});

describe("a write that", () => {
  it("conflicts is looked at again and succeeds", async () => {
    world.source.faults.set("default/web", ["conflict"]);
    world.source.put(pools("192.0.2.0/31"), serviceObject("web"));
    await world.start();
    expect(world.line("web")).toBe("-");
    await world.advance(200);
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
    expect(world.events("web")).toEqual(["Normal AddressAssigned"]);
  });

  it("conflicts because the object changed is repeated at once on the new version", async () => {
    world.source.put(pools("192.0.2.0/31"), serviceObject("web"));
    world.source.faults.set("default/web", ["conflict"]);
    await world.start();
    await world.edit("web", { annotations: { note: "changed" } });
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
  });

  it("fails is repeated with growing pauses, hinders nobody, and loses nothing", async () => {
    world.source.faults.set("default/a", ["refused", "refused", "refused"]);
    world.source.put(pools("192.0.2.0/31"), serviceObject("a"), serviceObject("b", { createdMs: 2 }));
    await world.start();
    expect([world.line("a"), world.line("b")]).toEqual(["-", "192.0.2.1 AddressAssigned"]);
    const attempts = () => world.source.patched.filter((key) => key === "default/a").length;
    const counts = [];
    for (const ms of [199, 1, 399, 1, 799, 1]) {
      await world.advance(ms);
      counts.push(attempts());
    }
    expect(counts).toEqual([1, 2, 2, 3, 3, 4]);
    expect(world.line("a")).toBe("192.0.2.0 AddressAssigned");
    expect(world.events("a")).toEqual(["Normal AddressAssigned"]);
    world.announce("192.0.2.0", "192.0.2.1");
    await world.advance(60_000);
    // And one write more, of the announcement.
    expect(attempts()).toBe(5);
  });

  it("fails on a Service that cannot be read afterwards is given up without spinning", async () => {
    world.source.faults.set("default/a", ["refused"]);
    world.source.put(pools("192.0.2.0/31"), serviceObject("a"));
    await world.start();
    await world.put({ ...serviceObject("a"), spec: "not a spec" });
    await world.advance(60_000);
    const { applied } = world;
    await world.advance(1);
    await world.advance(1);
    expect(world.applied).toBe(applied);
  });

  it("is refused for every Service is repeated for every Service", async () => {
    const names = Array.from({ length: 40 }, (_, n) => `s${n}`);
    world.source.faults.set(
      "*",
      names.map(() => "refused"),
    );
    world.source.put(pools("192.0.2.0/24"), ...names.map((name) => serviceObject(name)));
    await world.start();
    expect(names.filter((name) => world.line(name) !== "-")).toEqual([]);
    await world.advance(200);
    expect(new Set(names.map((name) => world.line(name))).size).toBe(40);
    expect(world.source.patched).toHaveLength(80);
  });

  it("may have happened keeps its address reserved: an older newcomer does not get it", async () => {
    world.source.put(pools("192.0.2.0/31"), serviceObject("young", { createdMs: 9 }));
    world.source.fallBehind();
    world.source.faults.set("default/young", ["answer lost"]);
    await world.start();
    world.source.showOnly(serviceObject("old", { createdMs: 1 }));
    await world.idle();
    world.source.catchUp();
    await world.advance(1_000);
    expect([world.line("young"), world.line("old")]).toEqual([
      "192.0.2.0 AddressAssigned",
      "192.0.2.1 AddressAssigned",
    ]);
  });

  it("the source does not show yet keeps its address reserved", async () => {
    world.source.put(pools("192.0.2.0/31"), serviceObject("young", { createdMs: 9 }));
    world.source.fallBehind();
    await world.start();
    world.source.showOnly(serviceObject("old", { createdMs: 1 }));
    await world.idle();
    world.source.catchUp();
    await world.advance(1_000);
    expect([world.line("young"), world.line("old")]).toEqual([
      "192.0.2.0 AddressAssigned",
      "192.0.2.1 AddressAssigned",
    ]);
  });

  it("releases, fails and is repeated: the address goes to nobody before", async () => {
    world.source.put(pools("192.0.2.0/32"), serviceObject("a"), serviceObject("b", { createdMs: 2 }));
    await world.start();
    world.source.faults.set("default/a", ["refused"]);
    await world.edit("a", { spec: { type: "ClusterIP" } });
    expect([world.line("a"), world.line("b")]).toEqual(["192.0.2.0 AddressAssigned", "PoolExhausted"]);
    await world.advance(200);
    expect([world.line("a"), world.line("b")]).toEqual(["-", "192.0.2.0 AddressAssigned"]);
  });
});

describe("a round that fails by a bug", () => {
  it.each(["get", "list", "reports"] as const)(
    "in %s is made again, and nothing that was told is lost",
    async (method) => {
      world.source.put(pools("192.0.2.0/28"), serviceObject("old"), serviceObject("gone"));
      await world.start();
      const bug = vi.spyOn(world.source, method).mockImplementation(() => {
        throw new Error("bug");
      });
      world.source.put(serviceObject("new"));
      world.source.remove("Service", "default/gone");
      await world.time.advance(100);
      await vi.waitFor(() => expect(bug).toHaveBeenCalled(), eventually);
      expect(world.line("new")).toBe("-");
      bug.mockRestore();
      // The pause after a failure.
      await world.time.advance(5_000);
      await world.idle();
      await world.put(serviceObject("next"));
      // The first address rests, for that its Service went was told as well.
      expect(["old", "new", "next"].map((name) => world.line(name))).toEqual(
        [1, 2, 3].map((last) => `192.0.2.${last} AddressAssigned`),
      );
      expect(world.source.patched.filter((key) => key === "default/old")).toHaveLength(1);
    },
  );
});

describe("a Service that is deleted", () => {
  it("is said to have released its address, once, and one that had none is not", async () => {
    world.source.put(pools("192.0.2.0/32"), serviceObject("a"), serviceObject("b", { createdMs: 2 }));
    await world.start();
    await world.remove("b");
    await world.remove("a");
    await world.put(serviceObject("c"));
    expect(world.events("b")).toEqual(["Warning PoolExhausted"]);
    expect(world.events("a")).toEqual(["Normal AddressAssigned", "Normal AddressReleased"]);
    expect(world.source.events.at(-2)?.message).toBe("192.0.2.0: the Service was deleted.");
  });
});

describe("the address of a Node", () => {
  const node = (address: string): KubeObject => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n1", namespace: "", createdMs: 0, labels: {}, annotations: {} },
    status: { addresses: [{ type: "InternalIP", address }] },
  });

  it("goes to nobody, until the Node has another", async () => {
    world.source.put(
      pools("192.0.2.0/31"),
      node("192.0.2.0"),
      serviceObject("a"),
      serviceObject("b", { createdMs: 2 }),
    );
    await world.start();
    expect([world.line("a"), world.line("b")]).toEqual(["192.0.2.1 AddressAssigned", "PoolExhausted"]);
    await world.put(node("198.51.100.1"));
    expect(world.line("b")).toBe("192.0.2.0 AddressAssigned");
  });
});

describe("a move", () => {
  it("is one write: the old address stays until the new one can be had", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("a"), serviceObject("b", { createdMs: 2 }));
    await world.start();
    await world.edit("a", { annotations: { "hawser.dev/load-balancer-ips": "192.0.2.1" } });
    expect(world.line("a")).toBe("192.0.2.0 RequestedAddressInUse");
    await world.remove("b");
    expect(world.line("a")).toBe("192.0.2.1 AddressAssigned");
    expect(world.events("a")).toEqual([
      "Normal AddressAssigned",
      "Warning RequestedAddressInUse",
      "Normal AddressReleased",
      "Normal AddressAssigned",
    ]);
    expect(world.source.patched.filter((key) => key === "default/a")).toHaveLength(3);
  });
});

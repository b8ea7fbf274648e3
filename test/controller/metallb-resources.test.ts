import { afterEach, describe, expect, it } from "vitest";
import { l2, pool } from "#test/configuration/resources.ts";
import { resource } from "#test/model/metallb/resource.ts";

import { serviceObject, World } from "./world.ts";

let world: World;
afterEach(async () => world.stop());

describe("the controller with MetalLB's custom resources and no ConfigMap", () => {
  it("assigns from an IPAddressPool, and says what is wrong with another one in an Event about it", async () => {
    world = new World();
    world.source.put(pool("edge", "192.0.2.10/32"), pool("bad", "nonsense"), l2("all"), serviceObject("web"));
    await world.start();
    expect(world.line("web")).toBe("192.0.2.10 AddressAssigned");
    expect(world.source.events.filter(({ reason }) => reason === "ConfigInvalid")).toMatchObject([
      { about: { kind: "IPAddressPool", namespace: "metallb-system", name: "bad" }, type: "Warning" },
    ]);
  });

  it("assigns from one that appears later", async () => {
    world = new World();
    world.source.put(serviceObject("web"));
    await world.start();
    expect(world.line("web")).toBe("NoPoolConfigured");
    await world.put(pool("edge", "192.0.2.10/32"));
    expect(world.line("web")).toBe("192.0.2.10 AddressAssigned");
  });

  it("uses the last good version of a pool that breaks, and takes no address away when it is deleted", async () => {
    world = new World();
    world.source.put(pool("edge", "192.0.2.10/31"), l2("all"), serviceObject("web"));
    await world.start();
    await world.put(pool("edge", "192.0.2.10"), serviceObject("late"));
    expect(world.line("late")).toBe("192.0.2.11 AddressAssigned");
    await world.put(resource("IPAddressPool", "addresses: [198.51.100.0/32]", { name: "other" }));
    world.source.remove("IPAddressPool", "metallb-system/edge");
    await world.idle();
    expect([world.line("web"), world.line("late")]).toEqual([
      "192.0.2.10 AddressOrphaned",
      "192.0.2.11 AddressOrphaned",
    ]);
  });

  it("ignores those of another namespace", async () => {
    world = new World();
    world.source.put(pool("edge", "192.0.2.10/32", { namespace: "default" }), serviceObject("web"));
    await world.start();
    expect(world.line("web")).toBe("NoPoolConfigured");
  });
});

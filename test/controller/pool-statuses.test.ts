import { afterEach, describe, expect, it } from "vitest";
import { l2, pool } from "#test/configuration/resources.ts";
import { nodeObject, pools, serviceObject, World } from "./world.ts";

let world: World;
afterEach(async () => world.stop());

/** `assigned/available` of both families, as the status of an IPAddressPool has it. */
function counts(name: string): string | undefined {
  const status = world.source.stored("IPAddressPool", `metallb-system/${name}`)["status"] as
    | Readonly<Record<string, number>>
    | undefined;
  if (status === undefined) return undefined;
  const { assignedIPv4, availableIPv4, assignedIPv6, availableIPv6 } = status;
  return `${assignedIPv4}/${availableIPv4} ${assignedIPv6}/${availableIPv6}`;
}

function writes(name: string): number {
  return world.source.patched.filter((key) => key === `metallb-system/${name}`).length;
}

describe("§1.2 the status of an IPAddressPool", () => {
  it("counts what is assigned and available in each family", async () => {
    world = new World();
    world.source.put(
      pool("edge", "192.0.2.0/28, '2001:db8::/126'"),
      pool("wide", "'fd00::/64'"),
      l2("all"),
      serviceObject("web"),
    );
    await world.start();
    expect(counts("edge")).toBe("1/15 0/4");
    expect(counts("wide")).toBe(`0/0 0/${Number.MAX_SAFE_INTEGER}`);
  });

  it("counts in assigned what Services have, as MetalLB does, and not what keeps Services off an address", async () => {
    world = new World();
    const node = nodeObject("n1");
    const addresses = [{ type: "InternalIP", address: "192.0.2.1" }];
    world.source.put(
      pool("edge", "192.0.2.0/28"),
      l2("all"),
      { ...node, status: { ...(node["status"] as object), addresses } },
      serviceObject("outside", { spec: { type: "ClusterIP", externalIPs: ["192.0.2.2"] } }),
      serviceObject("web"),
    );
    await world.start();
    expect(counts("edge")).toBe("1/13 0/0");
  });

  it("is written on difference alone, and at most once in 5 seconds however many Services come", async () => {
    world = new World();
    world.source.put(pool("edge", "192.0.2.0/28"), l2("all"));
    await world.start();
    expect([counts("edge"), writes("edge")]).toEqual(["0/16 0/0", 1]);
    await world.advance(60_000);
    for (const name of ["a", "b", "c"]) await world.put(serviceObject(name));
    expect([counts("edge"), writes("edge")]).toEqual(["1/15 0/0", 2]);
    await world.advance(5_000);
    expect([counts("edge"), writes("edge")]).toEqual(["3/13 0/0", 3]);
    await world.advance(60_000);
    expect(writes("edge")).toBe(3);
  });

  it("is tried again where it cannot be written, and that is said once", async () => {
    world = new World();
    world.source.faults.set("metallb-system/edge", ["refused", "refused", "refused", "conflict"]);
    world.source.put(pool("edge", "192.0.2.0/28"), l2("all"));
    await world.start();
    expect(counts("edge")).toBeUndefined();
    for (let again = 0; again < 3; again++) await world.advance(5_000);
    expect(world.lines.filter(({ msg }) => String(msg).startsWith("cannot write the status of an"))).toHaveLength(1);
    await world.advance(5_000);
    expect(counts("edge")).toBe("0/16 0/0");
  });

  it("is written neither by a standby, nor into objects of another namespace, nor where the pool is the ConfigMap's", async () => {
    world = new World();
    world.source.put(pools("192.0.2.0/28"), pool("edge", "192.0.2.0/28"), l2("all"));
    world.source.put(pool("other", "198.51.100.0/28", { namespace: "default" }));
    await world.start();
    await world.advance(60_000);
    expect(world.source.patched.filter((key) => !key.startsWith("default/web"))).toEqual([]);
  });
});

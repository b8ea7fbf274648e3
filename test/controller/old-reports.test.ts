// Member records that are old or false, and reports that are old: what the controller makes of them.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { differingAddresses, SpeakersReader } from "#controller/speakers-reader.ts";
import { nodeObject, pools, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

/** Reports that come within this time are one piece of work. */
const REPORTS_MS = 500;
const CONTESTED_MS = 10_000;

function record(node: string, address: string, more: Readonly<Record<string, unknown>> = {}) {
  const eth0 = { name: "eth0", mac: "", subnets: ["192.0.2.0/29"], addresses: [address] };
  return { node, addresses: [address], hasNode: true, gateways: [], interfaces: [eth0], ...more };
}

describe("a member record", () => {
  it("L1 L10 of a node that left takes nothing from Services: its Node is gone", async () => {
    world.source.put(pools("192.0.2.0/29"), nodeObject("n1"), serviceObject("web"));
    world.source.publishes("member-gone", record("gone", "192.0.2.0", { gateways: ["192.0.2.1"] }));
    await world.start();
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
    // When the Node is there again, so are its addresses.
    await world.put(nodeObject("gone"));
    expect(world.line("web")).toBe("192.0.2.2 AddressAssigned");
    world.source.remove("Node", "gone");
    await world.put(serviceObject("next", { createdMs: 2 }));
    expect(world.line("next")).toBe("192.0.2.1 AddressAssigned");
  });

  it("L1 that has the name of another node's counts for nothing", async () => {
    world.source.put(pools("192.0.2.0/29"), nodeObject("n1"), serviceObject("web"));
    world.source.publishes("member-n1", record("n1", "192.0.2.5"));
    world.source.publishes("member-x", record("n1", "192.0.2.1"));
    await world.start();
    expect(world.line("web")).toBe("192.0.2.1 AddressAssigned");
  });

  it("L1 decides as after a restart, where an address of an interface was a network of its own and is one no longer", async () => {
    world.source.put(pools("192.0.2.0/29"), serviceObject("web"));
    await world.start();
    const at = (subnet: string) =>
      record("n1", "192.0.2.7", {
        hasNode: false,
        interfaces: [{ name: "eth0", mac: "", subnets: [subnet], addresses: ["192.0.2.0"] }],
      });
    world.source.publishes("member-n1", at("192.0.2.0/32"));
    await world.advance(REPORTS_MS);
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
    world.source.publishes("member-n1", at("192.0.2.0/29"));
    await world.advance(REPORTS_MS);
    expect(world.line("web")).toBe("192.0.2.1 AddressAssigned");
  });
});

describe("a report that is old", () => {
  it("L3 makes no second owner: its node lost the API server, was called not Ready, and another one took over", async () => {
    const heard = ["n1", "n2"].map((node) => ({ node }));
    const report = (node: string, announcing: readonly string[]) =>
      world.source.says(`speaker-${node}`, { node, ready: true, standing: "Usable", announcing, members: heard });
    report("n1", ["192.0.2.0"]);
    report("n2", []);
    world.source.put(pools("192.0.2.0/30"), nodeObject("n1"), nodeObject("n2"), serviceObject("web"));
    await world.start();
    expect(world.announced("web")).toBe("True Announced");
    const writes = world.writes("web");
    // The heartbeats of n1 go on; its report stays as it is.
    await world.put(nodeObject("n1", "Unknown"));
    report("n2", ["192.0.2.0"]);
    await world.advance(REPORTS_MS);
    await world.advance(3 * CONTESTED_MS);
    expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", writes]);
  });
});

describe("reports of a thousand nodes", () => {
  it("L5 O5 that name the same addresses without an owner are read once, and kept once", () => {
    const nodes = Array.from({ length: 1_000 }, (_, number) => `n${number}`);
    const addresses = Array.from({ length: 40 }, (_, number) => `198.51.${number}.0-255`);
    const reports = new Map(
      nodes.map((node) => {
        const unowned = [{ addresses: [...addresses], reasons: { NoSubnet: 1_000 } }];
        return [`speaker-${node}`, { node, ready: true, unowned }];
      }),
    );
    const reader = new SpeakersReader();
    const lists = reader.all(reports).flatMap(({ unowned }) => unowned.map((group) => group.addresses));
    expect([lists.length, new Set(lists).size]).toEqual([1_000, 1]);
    const { unowned } = reader.read(reports, undefined);
    expect([unowned.size, unowned.get("198.51.7.255")]).toEqual([10_240, { NoSubnet: 1_000 }]);
  });

  it("L3 that all own the same addresses are compared by their lists of owners, each once", () => {
    const nodes = Array.from({ length: 200 }, (_, number) => `n${number}`);
    const announcing = Array.from({ length: 8 }, (_, number) => `198.51.${number}.0-255`);
    const cutOff = (deafLess: string) =>
      new Map(
        nodes.map((node) => {
          const unheard = nodes.filter((one) => one !== node && !(node === deafLess && one === "n0"));
          return [`speaker-${node}`, { node, ready: true, announcing: [...announcing], members: [{ node }], unheard }];
        }),
      );
    const reader = new SpeakersReader();
    const [first, same, other] = [cutOff(""), cutOff(""), cutOff("n7")].map((reports) =>
      reader.read(reports, undefined),
    );
    if (first === undefined || same === undefined || other === undefined) throw new Error("three views");
    expect([first.contested.size, first.contested.get("198.51.3.7")?.length]).toEqual([2_048, 200]);
    expect(differingAddresses(first, same)).toEqual([]);
    expect(differingAddresses(same, other)).toHaveLength(2_048);
    expect(new Set(reader.all(cutOff("n9")).map((report) => report.announcing)).size).toBe(1);
  });
});

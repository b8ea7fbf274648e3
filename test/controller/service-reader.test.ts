import { ServiceReader } from "#controller/service-reader.ts";
import { ServiceRecords } from "#controller/service-records.ts";
import { parseIp } from "#src/ip/address.ts";
import { wasAssigned } from "#src/model/service.ts";
import type { KubeObject } from "#src/model/object.ts";
import { describe, expect, it } from "vitest";
import { serviceObject } from "./world.ts";

/** A Service that counts how often its spec is looked at. */
function counted(name: string): { object: KubeObject; reads: () => number } {
  let reads = 0;
  const object = serviceObject(name);
  const { spec } = object as { spec?: unknown };
  Object.defineProperty(object, "spec", { enumerable: true, get: () => (reads++, spec) });
  return { object, reads: () => reads };
}

describe("ServiceReader", () => {
  it("parses what it is told has changed, and nothing else", () => {
    const records = new ServiceRecords();
    const reader = new ServiceReader(records, () => {});
    const [a, b, changed] = [counted("a"), counted("b"), counted("b")];
    const objects = new Map([
      ["default/a", a.object],
      ["default/b", b.object],
    ]);
    const look = { objectOf: (key: string) => objects.get(key), nowMs: 0 };
    expect(reader.update(new Set(objects.keys()), look)).toEqual(new Set(objects.keys()));
    const first = records.services.get("default/a");
    const reads = a.reads();
    expect(reads).toBeGreaterThan(0);
    objects.set("default/b", changed.object);
    expect(reader.update(new Set(["default/b"]), look)).toEqual(new Set(["default/b"]));
    expect([a.reads(), changed.reads()]).toEqual([reads, reads]);
    expect(records.services.get("default/a")).toBe(first);
    objects.delete("default/b");
    reader.update(new Set(["default/b"]), look);
    expect([...records.services.keys()]).toEqual(["default/a"]);
  });

  it.each([
    { name: "is ours where the write gives it", shown: [], isOurs: true },
    { name: "is not where the status had it before, from another provider", shown: ["203.0.113.77"], isOurs: false },
  ])("L2 an address of a write that is not shown yet $name", ({ shown, isOurs }) => {
    const records = new ServiceRecords();
    const reader = new ServiceReader(records, () => {});
    const object = serviceObject("a", { has: shown });
    const unseen = { object, addresses: [parseIp("203.0.113.77") ?? expect.fail("an address")], leaving: [] };
    records.read("default/a", { unseen });
    reader.update(new Set(["default/a"]), { objectOf: () => object, nowMs: 0 });
    const service = records.services.get("default/a") ?? expect.fail("a Service");
    expect(service.assignedAddresses.map((ip) => wasAssigned(service, ip))).toEqual([isOurs]);
  });

  it("L9 lets rest what was written on a Service that went before its source showed the write, and remembers it for its name", () => {
    const records = new ServiceRecords();
    const reader = new ServiceReader(records, () => {});
    const object = serviceObject("a");
    const all = new Set(["default/a"]);
    reader.update(all, { objectOf: () => object, nowMs: 0 });
    const written = parseIp("192.0.2.7") ?? expect.fail("an address");
    records.change("default/a", { unseen: { object, addresses: [written], leaving: [] } });
    reader.update(all, { objectOf: () => undefined, nowMs: 1 });
    expect([...reader.resting]).toEqual([["192.0.2.7", { sinceMs: 1, service: "default/a" }]]);
    expect(reader.former.get("default/a")).toEqual([written]);
  });

  it("L13 keeps others off the external IPs of a Service that cannot be read, and never gives it these", () => {
    const records = new ServiceRecords();
    const reader = new ServiceReader(records, () => {});
    const spec = { externalIPs: ["192.0.2.7"] };
    const objects = new Map([["default/a", serviceObject("a", { spec: { ...spec, ports: "none" } })]]);
    const look = { objectOf: (key: string) => objects.get(key), nowMs: 0 };
    const all = new Set(["default/a"]);
    reader.update(all, look);
    expect(records.unreadable.get("default/a")).toHaveLength(1);
    objects.set("default/a", serviceObject("a", { spec }));
    reader.update(all, look);
    expect(records.services.get("default/a")).toMatchObject({
      assignedAddresses: [],
      externalIps: [{ family: "ipv4" }],
    });
    expect(reader.former.size).toBe(0);
  });

  it("looks again at a Service whose emptied status counts as what it held, until the status says so", () => {
    const records = new ServiceRecords();
    const reader = new ServiceReader(records, () => {});
    const objects = new Map([["default/a", serviceObject("a", { has: ["192.0.2.1"] })]]);
    const look = { objectOf: (key: string) => objects.get(key), nowMs: 0 };
    const all = new Set(["default/a"]);
    reader.update(all, look);
    objects.set("default/a", serviceObject("a"));
    for (const told of [all, new Set<string>()]) {
      expect(reader.update(told, look)).toEqual(all);
      expect(records.services.get("default/a")?.assignedAddresses).toHaveLength(1);
      expect(reader.resting.size).toBe(0);
    }
    objects.set("default/a", serviceObject("a", { has: ["192.0.2.1"] }));
    reader.update(all, look);
    expect(reader.update(new Set(), look)).toEqual(new Set());
  });
});

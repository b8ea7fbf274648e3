// What Hawser notes on Services is in annotations, which their owners may edit: no edit of one decides about another Service.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pools, serviceObject, type ServiceOptions, World } from "./world.ts";

const TERMS = "hawser.dev/sharing-terms";
const KEY = "hawser.dev/sharing-key";
const LEAVING = "hawser.dev/leaving-addresses";
const MARKS = ["hawser.dev/assigned-addresses", "hawser.dev/ip-allocated-from-pool"] as const;

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

const sharing = (...ports: number[]) => ({
  annotations: { [KEY]: "k" },
  spec: { ports: ports.map((port) => ({ name: `p${port}`, port, protocol: "TCP" })) },
});

/** The older and the younger Service share 192.0.2.0. */
async function shared(): Promise<void> {
  world.source.put(pools("192.0.2.0/30"));
  world.source.put(serviceObject("old", { createdMs: 1, ...sharing(80) }));
  world.source.put(serviceObject("young", { createdMs: 2, ...sharing(81) }));
  await world.start();
  expect(["old", "young"].map((name) => world.line(name))).toEqual([
    "192.0.2.0 AddressAssigned",
    "192.0.2.0 AddressAssigned",
  ]);
}

/** As a tenant edits: the spec, and any annotation; undefined removes one. */
async function edit(
  name: string,
  options: ServiceOptions,
  marks: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { status, metadata } = world.object(name);
  const next = serviceObject(name, options);
  const annotations = { ...metadata.annotations, ...options.annotations, ...marks };
  const kept = Object.entries(annotations).filter((entry): entry is [string, string] => entry[1] !== undefined);
  await world.put({ ...next, metadata: { ...metadata, annotations: Object.fromEntries(kept) }, status });
}

const yielded = { old: "192.0.2.1 AddressAssigned", young: "192.0.2.0 AddressAssigned" };
const lines = () => ({ old: world.line("old"), young: world.line("young") });

describe("a Service whose owner edits what Hawser noted on it", () => {
  const forgeries = [
    { name: "removes the terms", terms: undefined },
    { name: "writes the terms of its edit", terms: '["k","","TCP/80","TCP/81"]' },
    { name: "empties the terms", terms: "" },
  ];

  it.each(forgeries)("L8 yields all the same where it takes the port of a younger one and $name", async ({ terms }) => {
    await shared();
    await edit("old", sharing(80, 81), { [TERMS]: terms });
    expect(lines()).toEqual(yielded);
    expect(world.events("young")).toEqual(["Normal AddressAssigned"]);
    expect(world.object("old").metadata.annotations[TERMS]).toBe('["k","","TCP/80","TCP/81"]');
  });

  it.each(forgeries)("L8 yields also where it $name first, and is edited afterwards", async ({ terms }) => {
    await shared();
    await edit("old", sharing(80), { [TERMS]: terms });
    await edit("old", sharing(80, 81), { [TERMS]: terms });
    expect(lines()).toEqual(yielded);
  });

  it.each(forgeries)("L8 yields also where no controller leads while it is edited and $name", async ({ terms }) => {
    await shared();
    await world.stop();
    const { status, metadata } = world.object("old");
    const annotations = { ...metadata.annotations };
    if (terms === undefined) delete annotations[TERMS];
    else annotations[TERMS] = terms;
    world.source.put({ ...serviceObject("old", sharing(80, 81)), metadata: { ...metadata, annotations }, status });
    world = await new World(world.source, world.time).start();
    expect(lines()).toEqual(yielded);
    expect(world.object("old").metadata.annotations[TERMS]).toBe('["k","","TCP/80","TCP/81"]');
  });

  it("L8 yields also where its terms are too long for its status, and shares as before where nothing is edited", async () => {
    const label = "x".repeat(200);
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, `${label}${at}`]));
    const local = { externalTrafficPolicy: "Local", selector: many };
    const long = (...ports: number[]) => ({ ...sharing(...ports), spec: { ...sharing(...ports).spec, ...local } });
    world.source.put(pools("192.0.2.0/30"));
    world.source.put(serviceObject("old", { createdMs: 1, ...long(80) }));
    world.source.put(serviceObject("young", { createdMs: 2, ...long(81) }));
    await world.start();
    const both = { old: "192.0.2.0 AddressAssigned", young: "192.0.2.0 AddressAssigned" };
    expect(lines()).toEqual(both);
    await world.stop();
    world = await new World(world.source, world.time).start();
    expect(lines()).toEqual(both);
  });

  it("L8 yields where the write of its terms is not shown yet", async () => {
    world.source.put(pools("192.0.2.0/30"));
    await world.start();
    world.source.fallBehind();
    world.source.put(serviceObject("young", { createdMs: 2, ...sharing(81) }));
    world.source.put(serviceObject("old", { createdMs: 1, ...sharing(80) }));
    world.source.catchUp();
    await world.idle();
    const { metadata } = world.object("old");
    world.source.fallBehind();
    await edit("old", sharing(80, 81), { [TERMS]: undefined });
    world.source.catchUp();
    await world.idle();
    expect(metadata.annotations[TERMS]).toBeDefined();
    expect(world.line("young")).toBe("192.0.2.0 AddressAssigned");
  });

  it("L8 yields where the answer to the write of its terms was lost", async () => {
    world.source.put(pools("192.0.2.0/30"));
    world.source.put(serviceObject("young", { createdMs: 2, ...sharing(81) }));
    await world.start();
    world.source.faults.set("default/old", ["answer lost"]);
    await world.put(serviceObject("old", { createdMs: 1, ...sharing(80) }));
    await edit("old", sharing(80, 81), { [TERMS]: undefined });
    await world.advance(60_000);
    expect(lines()).toEqual(yielded);
  });

  it.each(["refused", "conflict", "answer lost"] as const)(
    "L8 yields where a write after its edit failed: %s",
    async (fault) => {
      await shared();
      world.source.faults.set("default/old", [fault]);
      await edit("old", sharing(80, 81), {});
      await world.advance(60_000);
      expect(lines()).toEqual(yielded);
    },
  );

  it("L8 yields also where what Hawser notes is overwritten again and again, so that its writes are far apart", async () => {
    await shared();
    const forged = '["k","","TCP/80","TCP/81"]';
    for (let at = 0; at < 12; at++) {
      await edit("old", sharing(80), { [TERMS]: forged, [MARKS[0]]: `x${at}` });
      await world.advance(650_000);
    }
    await edit("old", sharing(80), { [TERMS]: forged, [MARKS[0]]: "y" });
    await edit("old", sharing(80, 81), { [TERMS]: forged });
    expect(lines()).toEqual(yielded);
  });

  it("L8 holds its address by the terms of an edit that was no conflict, also where it wrote them itself", async () => {
    await shared();
    await edit("old", sharing(90), { [TERMS]: '["k","","TCP/90"]' });
    expect(world.line("old")).toBe("192.0.2.0 AddressAssigned");
    await edit("young", sharing(90), {});
    expect(lines()).toEqual({ old: "192.0.2.0 AddressAssigned", young: "192.0.2.1 AddressAssigned" });
  });

  it("L8 yields where another replica leads by now, which saw the terms before", async () => {
    await shared();
    const standby = new World(world.source, world.time);
    await world.stop();
    await standby.start();
    world = standby;
    await edit("old", sharing(80, 81), { [TERMS]: undefined });
    expect(lines()).toEqual(yielded);
  });

  it("L2 does not make an address of another provider its own", async () => {
    world.source.put(pools("192.0.2.0/32"), serviceObject("first", { createdMs: 0 }));
    world.source.put(serviceObject("web", { createdMs: 5, has: ["203.0.113.77"] }));
    await world.start();
    expect(world.line("web")).toBe("203.0.113.77 AddressNotOurs");
    await edit("web", {}, { [MARKS[0]]: "203.0.113.77", [MARKS[1]]: "p0" });
    expect(world.line("web")).toBe("203.0.113.77 AddressNotOurs");
    expect(MARKS.map((name) => world.object("web").metadata.annotations[name])).toEqual([undefined, undefined]);
  });

  it("L2 keeps an address that no pool contains, without the marks", async () => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
    await world.start();
    await world.put(pools("198.51.100.0/30"));
    expect(world.line("web")).toBe("192.0.2.0 AddressOrphaned");
    await edit("web", {}, { [MARKS[0]]: undefined, [MARKS[1]]: undefined });
    expect(world.line("web")).toBe("192.0.2.0 AddressOrphaned");
    expect(MARKS.map((name) => world.object("web").metadata.annotations[name])).toEqual(["192.0.2.0", "p0"]);
  });

  it.each([
    { name: "keeps both addresses", mark: "192.0.2.0" },
    { name: "keeps both addresses, whatever it names", mark: "192.0.2.1,198.51.100.1" },
  ])("B that no address leaves $name", async ({ mark }) => {
    world.source.put(pools("192.0.2.0/30"), serviceObject("web", { has: ["192.0.2.0", "192.0.2.1"] }));
    await world.start();
    await edit("web", {}, { [LEAVING]: mark });
    await world.advance(60_000);
    expect(world.line("web")).toBe("192.0.2.0 192.0.2.1 AddressAssigned");
    expect(world.object("web").metadata.annotations[LEAVING]).toBeUndefined();
  });
});

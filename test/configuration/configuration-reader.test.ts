import { describe, expect, it } from "vitest";
import { ConfigurationReader } from "#src/configuration/configuration-reader.ts";
import type { ResourceObjects } from "#src/configuration/resource-reader.ts";
import { configMap } from "#test/model/build.ts";
import { resourcesByKind as byKind } from "#src/configuration/read-configuration.ts";
import { l2, pool } from "./resources.ts";

const MAP = configMap("address-pools: [{ name: map, protocol: layer2, addresses: [198.51.100.0/28] }]");
const BAD_MAP = configMap("address-pools: [{ name: map }]");
const [A, B, AD] = [pool("a", "192.0.2.0/28"), pool("b", "192.0.2.16/28"), l2("l2")];
const NONE = byKind([]);
const ABSENT = Object.fromEntries(Object.keys(NONE).map((kind) => [kind, undefined])) as unknown as ResourceObjects;

/** The pools in use after each reading; undefined: no configuration. */
function poolsAfter(...readings: readonly Parameters<ConfigurationReader["read"]>[0][]) {
  const reader = new ConfigurationReader("metallb-system");
  return readings.map((reading) => {
    reader.read(reading);
    return reader.configuration?.pools.map(({ name, ranges }) => `${name}${ranges.length}`).join(" ");
  });
}

describe("ConfigurationReader", () => {
  it.each([
    { where: "nowhere", reading: { configMap: undefined, resources: ABSENT }, pools: undefined },
    {
      where: "nowhere, though MetalLB's kinds exist",
      reading: { configMap: undefined, resources: NONE },
      pools: undefined,
    },
    { where: "in the ConfigMap", reading: { configMap: MAP, resources: ABSENT }, pools: "map1" },
    { where: "in MetalLB's objects", reading: { configMap: undefined, resources: byKind([A, AD]) }, pools: "a1" },
    { where: "in both", reading: { configMap: MAP, resources: byKind([A, AD]) }, pools: "map1 a1" },
    {
      where: "in MetalLB's objects beside a ConfigMap that was never good: its addresses are unknown",
      reading: { configMap: BAD_MAP, resources: byKind([A, AD]) },
      pools: undefined,
    },
  ])("reads pools $where", ({ reading, pools }) => {
    expect(poolsAfter(reading)).toEqual([pools]);
  });

  it("keeps the last good version of each object, and reads the others", () => {
    const worse = pool("a", "nonsense");
    const more = pool("b", "192.0.2.16/28, 192.0.2.32/28");
    const readings = [
      [A, B, AD],
      [worse, more, AD],
      [worse, AD],
      [A, AD],
    ].map((objects) => ({
      configMap: MAP,
      resources: byKind(objects),
    }));
    expect(poolsAfter(...readings)).toEqual(["map1 a1 b1", "map1 a1 b2", "map1 a1", "map1 a1"]);
  });

  it("leaves out an object that was never good, with its Problem", () => {
    const reader = new ConfigurationReader("metallb-system");
    const news = reader.read({ configMap: undefined, resources: byKind([pool("a", "nonsense"), B, AD]) });
    expect(reader.configuration?.pools.map(({ name }) => name)).toEqual(["b"]);
    expect(news?.resources?.map(({ code }) => code)).toEqual(["POOL_RANGE_UNREADABLE"]);
    expect(reader.isStale).toBe(true);
  });

  describe("when kinds of MetalLB are removed, with all their objects", () => {
    const without = (resources: ResourceObjects, ...kinds: readonly (keyof ResourceObjects)[]): ResourceObjects => ({
      ...resources,
      ...Object.fromEntries(kinds.map((kind) => [kind, undefined])),
    });
    const OTHER_AD = l2("other", "ipAddressPools: [b]");
    /** Each step: what is read, and then the codes of the Problems that are new, the pools, and which the advertisements are for. */
    const steps = (...readings: readonly ResourceObjects[]) => {
      const reader = new ConfigurationReader("metallb-system");
      return readings.map((resources) => {
        const codes = reader
          .read({ configMap: undefined, resources })
          ?.resources.map(({ code, at }) => (at.kind === "part" ? `${code} ${at.name}` : code));
        const { pools = [], advertisements = [] } = reader.configuration ?? {};
        return [codes, pools.map(({ name }) => name), advertisements.map((one) => one.pools), reader.isStale];
      });
    };
    const GONE = "RESOURCE_KIND_GONE IPAddressPool of metallb.io";
    const KEPT = "RESOURCE_KIND_GONE L2Advertisement of metallb.io";

    it.each([
      {
        what: "both: no pool is in use, and Problems say so until the kinds are back",
        readings: [byKind([A, AD]), ABSENT, ABSENT, NONE, byKind([A]), byKind([A, AD])],
        seen: [
          [[], ["a"], [["a"]], false],
          [[GONE], [], [], false],
          [undefined, [], [], false],
          [[], [], [], false],
          [[KEPT], ["a"], [["a"]], true],
          [[], ["a"], [["a"]], false],
        ],
      },
      {
        what: "that of the advertisements alone, or first: what they said stays in use",
        readings: [
          byKind([A, B, AD]),
          without(byKind([A, B]), "L2Advertisement"),
          byKind([A, B]),
          byKind([A, B, OTHER_AD]),
          byKind([A, B]),
        ],
        seen: [
          [[], ["a", "b"], [["a", "b"]], false],
          [[KEPT], ["a", "b"], [["a", "b"]], true],
          [undefined, ["a", "b"], [["a", "b"]], true],
          [["POOL_NOT_ADVERTISED"], ["a", "b"], [["b"]], false],
          [["POOL_NOT_ADVERTISED", "POOL_NOT_ADVERTISED"], ["a", "b"], [], false],
        ],
      },
      {
        what: "that of the pools alone",
        readings: [byKind([A, AD]), without(byKind([AD]), "IPAddressPool"), byKind([B, AD])],
        seen: [
          [[], ["a"], [["a"]], false],
          [[GONE], [], [[]], false],
          [[], ["b"], [["b"]], false],
        ],
      },
      {
        what: "after their objects were deleted: that is no news",
        readings: [byKind([A, AD]), NONE, ABSENT],
        seen: [
          [[], ["a"], [["a"]], false],
          [[], [], [], false],
          [undefined, [], [], false],
        ],
      },
    ])("$what", ({ readings, seen }) => {
      expect(steps(...readings)).toEqual(seen);
    });
  });

  it("has the same configuration until an object changes", () => {
    const reader = new ConfigurationReader("metallb-system");
    const reading = () => ({ configMap: MAP, resources: byKind([A, AD]) });
    reader.read(reading());
    const { configuration } = reader;
    expect(reader.read(reading())).toBeUndefined();
    expect(reader.configuration).toBe(configuration);
  });

  it("takes a status that was written for no news, and a label for news", () => {
    const reader = new ConfigurationReader("metallb-system");
    const read = (object: typeof A) => reader.read({ configMap: undefined, resources: byKind([object, AD]) });
    read(A);
    expect(read({ ...A, status: { assignedIPv4: 1 } })).toBeUndefined();
    expect(read({ ...A, metadata: { ...A.metadata, labels: { zone: "a" } } })).toBeDefined();
  });
});

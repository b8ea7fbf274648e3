import { describe, expect, it } from "vitest";
import { fromCustomResources } from "#src/configuration/from-custom-resources.ts";
import type { KubeObject } from "#src/model/object.ts";
import { PLAIN_POOL, type Pool } from "#src/model/pool.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { parseRange } from "#src/ip/range.ts";
import { resource } from "#test/model/metallb/resource.ts";
import { l2, pool, resources } from "./resources.ts";

/** The pools by name; for each advertisement its pools; and what is wrong, as `CODE place`. */
function compiled(objects: readonly KubeObject[], taken: readonly Pool[] = []) {
  const { configuration, problems } = fromCustomResources(resources(...objects), taken);
  return {
    pools: configuration.pools.map(({ name }) => name),
    advertised: configuration.advertisements.map(({ name, pools }) => `${name}: ${pools.join(" ")}`),
    problems: problems.map(({ code, at }) => `${code} ${printPlace(at)}`),
    configuration,
    texts: problems,
  };
}

const [A, B, C] = [
  pool("a", "192.0.2.0/28", { labels: { zone: "x" } }),
  pool("b", "192.0.2.16/28", { labels: { zone: "y" } }),
  pool("c", "192.0.2.32/28"),
];

describe("§1.7 an advertisement is for pools", () => {
  it.each([
    { rule: "both lists empty: all", spec: undefined, pools: "a b c" },
    { rule: "by name", spec: "ipAddressPools: [c, a]", pools: "a c" },
    { rule: "by label", spec: "ipAddressPoolSelectors: [{ matchLabels: { zone: x } }]", pools: "a" },
    {
      rule: "by name or label, each once",
      spec: "ipAddressPools: [b, a]\nipAddressPoolSelectors: [{ matchLabels: { zone: x } }]",
      pools: "a b",
    },
    { rule: "by a label that none has", spec: "ipAddressPoolSelectors: [{ matchLabels: { zone: z } }]", pools: "" },
    { rule: "by the empty selector: all", spec: "ipAddressPoolSelectors: [{}]", pools: "a b c" },
  ])("$rule", ({ spec, pools }) => {
    expect(compiled([A, B, C, l2("l2", spec)]).advertised).toEqual([`l2: ${pools}`]);
  });

  it("and warns of a name that no pool has, with the one that is probably meant", () => {
    const { problems, texts } = compiled([pool("edge", "192.0.2.0/28"), l2("l2", "ipAddressPools: [edge, egde]")]);
    expect(problems).toEqual(['ADVERTISEMENT_POOL_UNKNOWN L2Advertisement "metallb-system/l2" spec.ipAddressPools[1]']);
    expect(texts[0]?.fix).toBe("Did you mean edge?");
  });
});

describe("an advertisement that selects pools by labels that none has", () => {
  const place = 'ADVERTISEMENT_SELECTS_NO_POOL L2Advertisement "metallb-system/l2" spec.ipAddressPoolSelectors';
  it.each([
    {
      rule: "is reported",
      pools: [A, B],
      spec: "ipAddressPoolSelectors: [{ matchLabels: { zone: z } }]",
      is: [`${place}[0]`],
    },
    {
      rule: "is reported where there is no pool",
      pools: [],
      spec: "ipAddressPoolSelectors: [{ matchLabels: { zone: x } }]",
      is: [`${place}[0]`],
    },
    {
      rule: "is reported beside a selector that matches, and beside names",
      pools: [A, B],
      spec: "ipAddressPools: [b]\nipAddressPoolSelectors: [{ matchLabels: { zone: x } }, { matchLabels: { zone: z } }]",
      is: [`${place}[1]`],
    },
    { rule: "the empty selector matches all", pools: [A, B], spec: "ipAddressPoolSelectors: [{}]", is: [] },
    {
      rule: "not one that selects a pool that is left out",
      pools: [A, pool("z", "192.0.2.0/24", { labels: { zone: "z" }, createdMs: 9 })],
      spec: "ipAddressPools: [a]\nipAddressPoolSelectors: [{ matchLabels: { zone: z } }]",
      is: ['POOL_RANGES_OVERLAP IPAddressPool "metallb-system/z" spec.addresses[0]'],
    },
  ])("$rule", ({ pools, spec, is }) => {
    const { problems } = compiled([...pools, l2("l2", spec)]);
    expect(problems.filter((one) => !one.startsWith("POOL_NOT_ADVERTISED"))).toEqual(is);
  });
});

it("an IPAddressPool that cannot be used is known by its name and its labels, and is not served", () => {
  const broken = { name: "broken", labels: { zone: "z" } };
  const spec = "ipAddressPools: [broken]\nipAddressPoolSelectors: [{ matchLabels: { zone: z } }]";
  const { configuration, problems } = fromCustomResources(resources(l2("l2", spec)), [], [broken]);
  expect(problems).toEqual([]);
  expect(configuration.unserved).toEqual([{ name: "broken", ranges: [], why: "unusable" }]);
});

describe("§1.1 a pool that no L2Advertisement is for", () => {
  it("is assigned from and reported", () => {
    const { pools, problems } = compiled([A, B, l2("l2", "ipAddressPools: [a]")]);
    expect(pools).toEqual(["a", "b"]);
    expect(problems).toEqual(['POOL_NOT_ADVERTISED IPAddressPool "metallb-system/b"']);
  });

  it("with a BGPAdvertisement alone, too", () => {
    const { problems, texts } = compiled([A, resource("BGPAdvertisement", undefined)]);
    expect(problems).toEqual([
      'POOL_NOT_ADVERTISED IPAddressPool "metallb-system/a"',
      'BGP_NOT_SERVED BGPAdvertisement "metallb-system/it"',
    ]);
    expect(texts[0]?.why).toContain("only a BGPAdvertisement");
    expect(texts.map(({ what }) => what)).toEqual([
      'Cannot announce addresses of pool "a", which are assigned',
      "Ignored this object",
    ]);
  });

  it("by layer 2 and BGP both is announced by layer 2", () => {
    expect(compiled([A, l2("l2"), resource("BGPAdvertisement", undefined)]).problems).toEqual([
      'BGP_NOT_SERVED BGPAdvertisement "metallb-system/it"',
    ]);
  });
});

describe("§1.2 pools that share addresses", () => {
  const at = (createdMs: number) => ({ createdMs });
  const ad = l2("l2");

  it.each([
    {
      rule: "the younger yields",
      objects: [pool("a", "192.0.2.8/29", at(2)), pool("b", "192.0.2.0/28", at(1))],
      pools: ["b"],
    },
    {
      rule: "of one age the later name yields",
      objects: [pool("b", "192.0.2.8/29"), pool("a", "192.0.2.0/28")],
      pools: ["a"],
    },
    {
      rule: "one address is enough",
      objects: [pool("a", "192.0.2.0/28"), pool("b", "192.0.2.15-192.0.2.20")],
      pools: ["a"],
    },
    { rule: "neighbors do not", objects: [pool("a", "192.0.2.0/28"), pool("b", "192.0.2.16/28")], pools: ["a", "b"] },
    { rule: "a pool around another", objects: [pool("a", "192.0.2.4/32"), pool("b", "192.0.2.0/28")], pools: ["a"] },
    { rule: "families apart", objects: [pool("a", "'::c000:200/124'"), pool("b", "192.0.2.0/28")], pools: ["a", "b"] },
    {
      rule: "one that yields makes no third one yield",
      objects: [pool("a", "192.0.2.0/28"), pool("b", "192.0.2.0/27"), pool("c", "192.0.2.16/28")],
      pools: ["a", "c"],
    },
  ])("$rule", ({ objects, pools }) => {
    const { pools: used, problems } = compiled([...objects, ad]);
    expect(used).toEqual(pools);
    expect(problems).toHaveLength(objects.length - pools.length);
    for (const problem of problems) expect(problem).toContain("POOL_RANGES_OVERLAP");
  });

  it("the same whatever the order of the objects", () => {
    const objects = [pool("a", "192.0.2.0/28"), pool("b", "192.0.2.0/27"), pool("c", "192.0.2.16/28"), ad];
    expect(compiled(objects.toReversed())).toEqual(compiled(objects));
  });

  it("names the range and whose it is", () => {
    const { texts, problems } = compiled([pool("a", "192.0.2.0/28"), pool("b", "198.51.100.0/24, 192.0.2.8/28"), ad]);
    expect(problems).toEqual(['POOL_RANGES_OVERLAP IPAddressPool "metallb-system/b" spec.addresses[1]']);
    expect(texts[0]?.why).toBe('it shares 192.0.2.0-192.0.2.15 with IPAddressPool "a", which comes first');
  });

  it("finds an overlap among 10,000 ranges", () => {
    const many = Array.from({ length: 10_000 }, (_, at) => `10.${at >> 8}.${at & 255}.0/28`).join(", ");
    expect(compiled([pool("a", many), pool("b", "10.20.30.15/32"), ad]).pools).toEqual(["a"]);
  });
});

describe("pools of the ConfigMap come first", () => {
  const range = parseRange("192.0.2.0/28");
  const taken: Pool[] = range.ok ? [{ ...PLAIN_POOL, name: "map", ranges: [range.range] }] : [];

  it.each([
    {
      rule: "an overlap",
      object: pool("a", "192.0.2.15/32"),
      problem: 'POOL_RANGES_OVERLAP IPAddressPool "metallb-system/a" spec.addresses[0]',
    },
    {
      rule: "the same name",
      object: pool("map", "198.51.100.0/28"),
      problem: 'POOL_NAME_DUPLICATE IPAddressPool "metallb-system/map"',
    },
  ])("with $rule the IPAddressPool is left out", ({ object, problem }) => {
    const { pools, problems } = compiled([object, l2("l2")], taken);
    expect(pools).toEqual([]);
    expect(problems).toEqual([problem]);
  });

  it("both are in use beside each other, and advertisements of MetalLB are for MetalLB's pools", () => {
    const { pools, advertised, problems } = compiled([C, l2("l2")], taken);
    expect({ pools, advertised, problems }).toEqual({ pools: ["c"], advertised: ["l2: c"], problems: [] });
  });
});

describe("§1.8 what is for BGP", () => {
  it("is kept and reported once for each object, and so is what it names and does not exist", () => {
    const objects = [
      resource("BGPPeer", "myASN: 64512\npeerASN: 64513\npeerAddress: 192.0.2.1", {
        name: "router",
        version: "v1beta2",
      }),
      resource("BGPAdvertisement", "communities: [NO, 65000:1, UNKNOWN]", { name: "ad" }),
      resource("Community", "communities: [{ name: NO, value: 65535:65282 }]", { name: "words" }),
      resource("BFDProfile", "receiveInterval: 300", { name: "fast" }),
    ];
    const { configuration, problems } = compiled(objects);
    expect(problems.pop()).toBe('BGP_INCONSISTENT BGPAdvertisement "metallb-system/ad" spec.communities[2]');
    expect(problems).toEqual(
      [
        "BGPPeer metallb-system/router",
        "BGPAdvertisement metallb-system/ad",
        "Community metallb-system/words",
        "BFDProfile metallb-system/fast",
      ].map((one) => `BGP_NOT_SERVED ${one.replace(" ", ' "')}"`),
    );
    expect(configuration.peers.map(({ name }) => name)).toEqual(["router"]);
    expect(configuration.bfdProfiles.map(({ name }) => name)).toEqual(["fast"]);
    expect([...configuration.communities]).toEqual([["NO", "65535:65282"]]);
    expect(configuration.advertisements).toMatchObject([{ kind: "bgp", communities: ["65535:65282", "65000:1"] }]);
  });

  it("an alias of two objects is the older one's", () => {
    const of = (name: string, createdMs: number, value: string) =>
      resource("Community", `communities: [{ name: NO, value: '${value}' }]`, { name, createdMs });
    const { configuration, problems } = compiled([of("a", 2, "1:2"), of("b", 1, "1:1")]);
    expect([...configuration.communities]).toEqual([["NO", "1:1"]]);
    expect(problems[0]).toBe('FIELD_DUPLICATE Community "metallb-system/a" spec');
  });
});

import { describe, expect, it } from "vitest";
import { findingsIn, found, loadBalancer, node, pools } from "./found.ts";

/** An object of metallb.io in MetalLB's namespace. */
function resource(kind: string, name: string, spec: readonly string[], namespace = "metallb-system"): string {
  const metadata = `metadata: { name: ${name}, namespace: ${namespace} }`;
  const version = kind === "BGPPeer" ? "v1beta2" : "v1beta1";
  return [
    `apiVersion: metallb.io/${version}`,
    `kind: ${kind}`,
    metadata,
    "spec:",
    ...spec.map((line) => `  ${line}`),
  ].join("\n");
}

const POOL = resource("IPAddressPool", "edge", ["addresses:", "  - 192.0.2.10/32"]);
const AD = resource("L2Advertisement", "all", ["interfaces: []"]);

describe("an apiVersion that is not read", () => {
  it.each([
    { kind: "IPAddressPool", written: "metallb.io/v1beta2", says: ["metallb.io/v1beta1", "metallb.io/v1beta1"] },
    { kind: "L2Advertisement", written: "metallb.io/v1beta2", says: ["metallb.io/v1beta1", "metallb.io/v1beta1"] },
    {
      kind: "BGPPeer",
      written: "metallb.io/v1",
      says: ["metallb.io/v1beta2 and metallb.io/v1beta1", "metallb.io/v1beta2"],
    },
    {
      kind: "Ingress",
      written: "networking.k8s.io/v2",
      says: ["networking.k8s.io/v1, networking.k8s.io/v1beta1 and extensions/v1beta1", "networking.k8s.io/v1"],
    },
  ])("of $kind: says which are", ({ kind, written, says: [known, best] }) => {
    const [finding] = findingsIn([
      `apiVersion: ${written}\nkind: ${kind}\nmetadata: { name: x, namespace: metallb-system }`,
    ]);
    expect(finding).toMatchObject({
      code: "API_VERSION_UNKNOWN",
      why: `Hawser reads this kind of ${known}`,
      fix: `Write apiVersion: ${best}`,
    });
  });

  it("of an AddressPool there is none", () => {
    const old = resource("AddressPool", "x", ["protocol: layer2"]).replace("v1beta1", "v1alpha1");
    expect(found(old)).toEqual(["error RESOURCE_KIND_REPLACED f.yaml:1"]);
  });
});

describe("hawser check over MetalLB's custom resources alone", () => {
  it("finds nothing in what is right", () => {
    expect(found(POOL, AD, loadBalancer("a"))).toEqual([]);
  });

  it("judges Services by their pools", () => {
    const asks = loadBalancer("b", { extra: ["loadBalancerIP: 203.0.113.9"] });
    expect(found(POOL, AD, asks)).toEqual(["error SERVICE_PENDING f.yaml:20"]);
    expect(findingsIn([POOL, AD, loadBalancer("a"), loadBalancer("b")]).map(({ code }) => code)).toEqual([
      "SERVICE_PENDING",
    ]);
  });

  it.each([
    {
      of: "a range that cannot be read",
      object: resource("IPAddressPool", "x", ["addresses:", "  - 198.51.100.1"]),
      at: "error POOL_RANGE_BARE_ADDRESS f.yaml:19",
    },
    {
      of: "a key that is not known",
      object: resource("IPAddressPool", "x", ["autoasign: true", "addresses: [198.51.100.0/28]"]),
      at: "warning RESOURCE_UNKNOWN_KEY f.yaml:18",
    },
    {
      of: "an overlap",
      object: resource("IPAddressPool", "x", ["addresses:", "  - 192.0.2.0/24"]),
      at: "error POOL_RANGES_OVERLAP f.yaml:19",
    },
    {
      of: "a pool name that does not exist",
      object: resource("L2Advertisement", "x", ["ipAddressPools: [egde]"]),
      at: "warning ADVERTISEMENT_POOL_UNKNOWN f.yaml:18",
    },
    {
      of: "labels that no pool has",
      object: resource("L2Advertisement", "x", ["ipAddressPoolSelectors:", "  - matchLabels: { zone: x }"]),
      at: "warning ADVERTISEMENT_SELECTS_NO_POOL f.yaml:19",
    },
    {
      of: "a version that MetalLB never had",
      object: POOL.replace("v1beta1", "v1").replace("edge", "x"),
      at: "error API_VERSION_UNKNOWN f.yaml:14",
    },
    {
      of: "another namespace",
      object: resource("IPAddressPool", "x", ["addresses: [198.51.100.0/28]"], "default"),
      at: "warning RESOURCE_NOT_READ f.yaml:16",
    },
    {
      of: "a kind that MetalLB replaced",
      object: resource("AddressPool", "x", ["protocol: layer2", "addresses: [198.51.100.0/28]"]),
      at: "error RESOURCE_KIND_REPLACED f.yaml:14",
    },
    {
      of: "a kind that MetalLB replaced, in another namespace",
      object: resource("AddressPool", "x", ["protocol: layer2", "addresses: [198.51.100.0/28]"], "default"),
      at: "warning RESOURCE_NOT_READ f.yaml:16",
    },
    {
      of: "a kind in other capitals",
      object: resource("IpAddressPool", "x", ["addresses: [198.51.100.0/28]"]),
      at: "error RESOURCE_KIND_UNKNOWN f.yaml:15",
    },
    {
      of: "BGP",
      object: resource("BGPPeer", "x", ["myASN: 1", "peerASN: 2", "peerAddress: 192.0.2.1"]),
      at: "warning BGP_NOT_SERVED f.yaml:14",
    },
  ])("finds $of, with its line", ({ object, at }) => {
    expect(found(POOL, AD, object)).toEqual([at]);
  });

  it.each(["ServiceL2Status", "ServiceBGPStatus", "ConfigurationState", "MetalLB"])(
    "ignores the %s of MetalLB",
    (kind) => {
      expect(found(POOL, AD, resource(kind, "x", ["key: value"]))).toEqual([]);
    },
  );

  it.each([
    { kind: "AdressPool", fix: "Did you mean IPAddressPool?" },
    { kind: "l2advertisement", fix: "Did you mean L2Advertisement?" },
    { kind: "Frobnicate", fix: "Remove it, or write a kind that MetalLB has" },
  ])("says what $kind probably means", ({ kind, fix }) => {
    expect(findingsIn([resource(kind, "x", ["key: value"])]).map((finding) => finding.fix)).toEqual([fix]);
  });

  it("says what to write in place of an AddressPool, whatever is wrong with it", () => {
    const old = resource("AddressPool", "far", ["protocol: bgp", "addresses: 5", "frob: 1"]);
    expect(findingsIn([old]).map(({ fix }) => fix)).toEqual([
      'Write an IPAddressPool "far" with its addresses, and an L2Advertisement with ipAddressPools: [far] if the nodes are in the network of these addresses, because Hawser does not speak BGP; hawser migrate metallb prints them',
    ]);
  });

  it.each([
    {
      of: "an AddressPool",
      documents: [POOL, AD, resource("AddressPool", "far", ["addresses: [198.51.100.0/28]"])],
      is: "an AddressPool",
    },
    {
      of: "a pool of BGP",
      documents: [
        pools("name: lan, addresses: [192.0.2.0/28]")
          .replace("name: lan", "name: lan")
          .concat("\n    - { protocol: bgp, name: far, addresses: [198.51.100.0/28] }"),
      ],
      is: "for BGP",
    },
  ])("says that $of is not served where a Service asks for it, or for an address of it", ({ documents, is }) => {
    const asks = [
      loadBalancer("a", { metadata: "annotations: { metallb.io/address-pool: far }" }),
      loadBalancer("b", { extra: ["loadBalancerIP: 198.51.100.1"] }),
    ];
    const pending = findingsIn([...documents, ...asks]).filter(({ code }) => code === "SERVICE_PENDING");
    expect(pending.map(({ what }) => what)).toEqual([
      "Cannot assign an address (RequestedPoolUnknown)",
      "Cannot assign an address (RequestedAddressNotInPool)",
    ]);
    for (const { why } of pending) expect(why).toContain(`is ${is}`);
  });

  it("says of an IPAddressPool that cannot be used only that, not that it does not exist", () => {
    const bad = resource("IPAddressPool", "bad", ["addresses: [192.0.2.9]"]);
    const ad = resource("L2Advertisement", "x", ["ipAddressPools: [bad]"]);
    const asks = loadBalancer("a", { metadata: "annotations: { metallb.io/address-pool: bad }" });
    expect(findingsIn([bad, ad, asks]).map(({ code, why }) => `${code}: ${why}`)).toEqual([
      "POOL_RANGE_BARE_ADDRESS: it is a single address, and a pool has CIDRs and ranges",
      'SERVICE_PENDING: cannot assign an address of the requested pool "bad": it is not usable as it is written',
    ]);
  });

  it("finds a pool that is not announced, and nodes that are not selected", () => {
    expect(found(POOL)).toEqual(["warning POOL_NOT_ADVERTISED f.yaml:1"]);
    const ad = (name: string, ...lines: readonly string[]) =>
      resource("L2Advertisement", name, ["nodeSelectors:", "  - matchLabels: { rack: a }", ...lines]);
    // At the L2Advertisement whose selectors they are.
    expect(found(POOL, ad("x"), node("n1"))).toEqual(["error POOL_SELECTS_NO_NODE f.yaml:12"]);
    const [finding] = findingsIn([POOL, ad("x"), node("n1")]);
    expect(finding?.at).toMatchObject({ object: { kind: "L2Advertisement" }, path: "spec.nodeSelectors" });
    expect(finding?.what).toBe('No node announces addresses of pool "edge"');
    expect(found(POOL, ad("x"), AD, node("n1"))).toEqual([]);
    const other = POOL.replace("edge", "core").replace("192.0.2.10", "192.0.2.11");
    const rules = [ad("x"), AD.replace("interfaces: []", "ipAddressPools: [core]")];
    expect(findingsIn([POOL, other, ...rules, node("n1")]).map(({ what }) => what)).toEqual([finding?.what]);
    expect(found(POOL, ad("x"), node("n1", { labels: "rack: a" }))).toEqual([]);
  });

  it("finds what a node has itself, at the IPAddressPool", () => {
    const [finding] = findingsIn([POOL, AD, node("n1", { address: "192.0.2.10" })]);
    expect(finding).toMatchObject({
      code: "POOL_HAS_NODE_ADDRESS",
      at: { object: { kind: "IPAddressPool" } },
    });
  });

  it("finds pools that are not read: an error where nothing else has any", () => {
    const old = pools("name: old, addresses: [192.0.2.0/28]").replace(
      /hawser, namespace: hawser-system/,
      "config, namespace: metallb-system",
    );
    expect(found(old)).toEqual(["error CONFIG_MAP_NOT_READ f.yaml:3"]);
    expect(found(old, POOL, AD)).toEqual(["warning CONFIG_MAP_NOT_READ f.yaml:3"]);
    expect(found(old, pools("name: new, addresses: [192.0.2.0/28]"))).toEqual(["warning CONFIG_MAP_NOT_READ f.yaml:3"]);
  });

  it("reads them beside the ConfigMap, which comes first", () => {
    const map = pools("name: map, addresses: [192.0.2.0/28]");
    expect(findingsIn([map, POOL, AD]).map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      "error POOL_RANGES_OVERLAP",
    ]);
    const apart = pools("name: map, addresses: [198.51.100.7/32]");
    expect(findingsIn([apart, POOL, AD, loadBalancer("a"), loadBalancer("b")])).toEqual([]);
  });
});

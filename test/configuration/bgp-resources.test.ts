import { describe, expect, it } from "vitest";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import { fromCustomResources } from "#src/configuration/from-custom-resources.ts";
import type { KubeObject } from "#src/model/object.ts";
import { printProblem } from "#src/model/problem.ts";
import { configMap, valueOf } from "#test/model/build.ts";
import { resource } from "#test/model/metallb/resource.ts";
import { l2, pool, resources } from "./resources.ts";

const HEX_V6 = "'2001:db8::/120'";

function peer(name: string, spec: string): KubeObject {
  return resource("BGPPeer", `myASN: 64512\npeerASN: 64513\n${spec}`, { name, version: "v1beta2" });
}

const ad = (name: string, spec?: string): KubeObject => resource("BGPAdvertisement", spec, { name });
const bfd = (name: string, spec = "receiveInterval: 300"): KubeObject => resource("BFDProfile", spec, { name });
const words = resource("Community", "communities: [{ name: no-export, value: 65535:65281 }]", { name: "words" });
const POOLS = [pool("v4", "192.0.2.0/24, 198.51.100.8-198.51.100.19"), pool("v6", HEX_V6), l2("l2")];
const ON_A = "nodeSelectors: [{ matchLabels: { rack: a } }]";
const ON_B = "nodeSelectors: [{ matchLabels: { rack: b } }]";

/** What is wrong between the objects, without what is said of each object for BGP. */
function misfits(objects: readonly KubeObject[]): readonly string[] {
  const { problems } = fromCustomResources(resources(...POOLS, ...objects), []);
  const found = problems.filter(({ code }) => code !== "BGP_NOT_SERVED");
  for (const { code, severity } of found) expect([code, severity]).toEqual(["BGP_INCONSISTENT", "warning"]);
  return found.map(printProblem);
}

/** Each rule of §1.8 for several objects: those that break it, and the nearest ones that do not. */
const broken: readonly { readonly rule: string; readonly objects: readonly KubeObject[]; readonly says: RegExp }[] = [
  {
    rule: "aggregationLength is not shorter than the widest network of each entry",
    objects: [ad("a", "aggregationLength: 24\nipAddressPools: [v4]")],
    says: /"metallb-system\/a" spec\.aggregationLength: Cannot use aggregationLength 24 for pool "v4": .*198\.51\.100\.8-198\.51\.100\.19, whose widest network is a \/29\. Write a number from 29 to 32/,
  },
  {
    rule: "aggregationLengthV6 likewise",
    objects: [ad("a", "aggregationLengthV6: 64\nipAddressPools: [v6]")],
    says: /spec\.aggregationLengthV6: .* from 120 to 128/,
  },
  {
    rule: "localPref of two advertisements of one pool is the same",
    objects: [ad("a", "localPref: 100"), ad("b", "localPref: 200\nipAddressPools: [v4]")],
    says: /"metallb-system\/b" spec\.localPref: Cannot use localPref 200 for pool "v4": BGPAdvertisement "a" sends 100/,
  },
  {
    rule: "localPref, also where they have a peer in common",
    objects: [ad("a", "localPref: 100\npeers: [x, y]"), ad("b", "localPref: 200\npeers: [y, z]")],
    says: /localPref 200/,
  },
  {
    rule: "localPref, also where the routes of one of two families are alike",
    objects: [ad("a", "localPref: 100"), ad("b", "localPref: 200\naggregationLengthV6: 120")],
    says: /localPref 200 for pool "v4"/,
  },
  {
    rule: "a peer names a BFDProfile that exists",
    objects: [bfd("fast"), peer("p", "peerAddress: 192.0.2.1\nbfdProfile: fats")],
    says: /BGPPeer "metallb-system\/p" spec\.bfdProfile: Cannot find the BFDProfile "fats": .*\. Did you mean fast\?/,
  },
  {
    rule: "an advertisement names aliases that exist",
    objects: [words, ad("a", "communities: [65000:1, no-exprot]")],
    says: /spec\.communities\[1\]: Cannot find the community "no-exprot": .*\. Did you mean no-export\?/,
  },
  {
    rule: "communities are of numbers in their limits",
    objects: [ad("a", "communities: ['70000:1']")],
    says: /spec\.communities\[0\]: Cannot use the community "70000:1"/,
  },
  {
    rule: "two peers with one address have no node in common",
    objects: [peer("p", "peerAddress: 192.0.2.1"), peer("q", `peerAddress: 192.0.2.1\npeerPort: 1179\n${ON_A}`)],
    says: /"metallb-system\/q" spec\.peerAddress: Cannot have a second session with 192\.0\.2\.1: BGPPeer "p"/,
  },
  {
    rule: "two peers on one interface likewise",
    objects: [peer("p", "interface: eth1"), peer("q", "interface: eth1")],
    says: /spec\.interface: Cannot have a second session with the router on interface "eth1"/,
  },
  {
    rule: "peers of one node and VRF have one myASN",
    objects: [
      peer("p", `peerAddress: 192.0.2.1\n${ON_A}`),
      resource("BGPPeer", `myASN: 64999\npeerASN: 64513\npeerAddress: 192.0.2.2\n${ON_A}`, {
        name: "q",
        version: "v1beta2",
      }),
    ],
    says: /spec\.myASN: Cannot be autonomous system 64999/,
  },
  {
    rule: "peers of one node have one routerID",
    objects: [peer("p", "peerAddress: 192.0.2.1"), peer("q", "peerAddress: 192.0.2.2\nrouterID: 192.0.2.9")],
    says: /spec\.routerID: Cannot have router ID 192\.0\.2\.9 on nodes that have another one/,
  },
  {
    rule: "a peer that IPv6 addresses are advertised to has no echo",
    objects: [bfd("slow", "echoMode: true"), ad("a"), peer("p", "peerAddress: 192.0.2.1\nbfdProfile: slow")],
    says: /spec\.bfdProfile: Cannot use the BFD profile "slow" .* pool "v6"/,
  },
];

const fitting: readonly { readonly rule: string; readonly objects: readonly KubeObject[] }[] = [
  { rule: "a route as wide as the entry", objects: [ad("a", "aggregationLengthV6: 120\nipAddressPools: [v6]")] },
  {
    rule: "a short route of a pool that it is not for",
    objects: [ad("a", "aggregationLength: 8\nipAddressPools: [v6]")],
  },
  {
    rule: "localPref differs for other pools",
    objects: [ad("a", "localPref: 100\nipAddressPools: [v4]"), ad("b", "localPref: 200\nipAddressPools: [v6]")],
  },
  {
    rule: "localPref differs for other peers",
    objects: [ad("a", "localPref: 100\npeers: [x]"), ad("b", "localPref: 200\npeers: [y]")],
  },
  {
    rule: "localPref differs for other lengths of the pool's family",
    objects: [
      ad("a", "localPref: 100\nipAddressPools: [v6]"),
      ad("b", "localPref: 200\nipAddressPools: [v6]\naggregationLengthV6: 124"),
    ],
  },
  {
    rule: "localPref differs for the Services that selectors choose",
    objects: [
      ad("a", "localPref: 100"),
      ad("b", "localPref: 200\nserviceSelectors: [{ matchLabels: { tier: gold } }]"),
    ],
  },
  {
    rule: "localPref differs for nodes that may be others",
    objects: [ad("a", `localPref: 100\n${ON_A}`), ad("b", `localPref: 200\n${ON_B}`)],
  },
  { rule: "an alias that exists", objects: [words, ad("a", "communities: [no-export, 'large:1:2:3']")] },
  {
    rule: "one router for each rack",
    objects: [
      peer("p", `peerAddress: 192.0.2.1\nrouterID: 192.0.2.8\n${ON_A}`),
      peer("q", `peerAddress: 192.0.2.1\nrouterID: 192.0.2.9\n${ON_B}`),
    ],
  },
  {
    rule: "one address in two VRFs",
    objects: [peer("p", "peerAddress: 192.0.2.1"), peer("q", "peerAddress: 192.0.2.1\nvrf: red")],
  },
  {
    rule: "an echo to a peer that only IPv4 is advertised to",
    objects: [
      bfd("slow", "echoMode: true"),
      ad("a", "ipAddressPools: [v4]"),
      ad("b", "peers: [q]"),
      peer("p", "peerAddress: 192.0.2.1\nbfdProfile: slow"),
    ],
  },
];

describe("§1.8 objects for BGP that do not fit together", () => {
  it.each(broken)("are warned of: $rule", ({ objects, says }) => {
    const said = misfits(objects);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(says);
  });

  it.each(fitting)("and others are not: $rule", ({ objects }) => {
    expect(misfits(objects)).toEqual([]);
  });

  it("change nothing of what is announced by layer 2, nor of the pools", () => {
    const all = broken.flatMap(({ objects }, at) =>
      objects.map((one) => ({ ...one, metadata: { ...one.metadata, name: `${one.metadata.name}-${at}` } })),
    );
    const layer2Of = (objects: readonly KubeObject[]) => {
      const { pools, advertisements } = fromCustomResources(resources(...POOLS, ...objects), []).configuration;
      return { pools, advertisements: advertisements.filter(({ kind }) => kind === "layer2") };
    };
    expect(layer2Of(all)).toEqual(layer2Of([]));
  });

  it("are looked for in bounded time, however many there are", () => {
    const names = Array.from({ length: 2_000 }, (_, at) => `n${at}`);
    const peers = names.map((name, at) => peer(name, `peerAddress: 10.0.${at >> 8}.${at & 255}`));
    const ads = names.map((name, at) => ad(name, `localPref: ${at % 2}\npeers: [p${at}]`));
    expect(misfits([...peers, ...ads])).toEqual([]);
  });
});

describe("§1.8 in the ConfigMap, what MetalLB does not accept in one of its modes", () => {
  const layer2 = "address-pools:\n- { name: lan, protocol: layer2, addresses: [203.0.113.0/24] }\n";
  const bgp = (spec: string) =>
    `${layer2}- { name: far, protocol: bgp, addresses: [192.0.2.0/24, '2001:db8::/120'], ${spec} }\n`;
  const routers = (...peers: readonly string[]) =>
    `peers:\n${peers.map((one) => `- { my-asn: 64512, peer-asn: 64513, ${one} }\n`).join("")}`;

  it.each([
    {
      rule: "localpref of two advertisements of one pool is the same",
      text: bgp("bgp-advertisements: [{ localpref: 100 }, { localpref: 200, communities: ['1:2'] }]"),
      says: /address-pools\[1\]\.bgp-advertisements\[1\]\.localpref: Cannot use localpref 200 for pool "far": address-pools\[1\]\.bgp-advertisements\[0\] sends 100/,
    },
    {
      rule: "peers of one node have one router-id",
      text: layer2 + routers("peer-address: 192.0.2.1", "peer-address: 192.0.2.2, router-id: 192.0.2.9"),
      says: /peers\[1\]\.router-id: Cannot have router ID 192\.0\.2\.9 .* peers\[0\] has the same nodes/,
    },
    {
      rule: "two peers with one address have no node in common",
      text: layer2 + routers("peer-address: 192.0.2.1", "peer-address: 192.0.2.1, peer-port: 1179"),
      says: /peers\[1\]\.peer-address: Cannot have a second session with 192\.0\.2\.1/,
    },
    {
      rule: "a peer that IPv6 addresses are advertised to has no echo",
      text: `${bgp("auto-assign: true")}${routers("peer-address: 192.0.2.1, bfd-profile: slow")}bfd-profiles: [{ name: slow, echo-mode: true }]\n`,
      says: /peers\[0\]\.bfd-profile: Cannot use the BFD profile "slow"/,
    },
  ])("is warned of, and the layer2 pools stay in use: $rule", ({ text, says }) => {
    const parsed = fromConfigMap(configMap(text));
    const found = parsed.problems.filter(({ code }) => code === "BGP_INCONSISTENT");
    expect(found.map(printProblem)).toEqual([expect.stringMatching(says)]);
    expect(found[0]?.severity).toBe("warning");
    expect(valueOf(parsed).pools).toEqual(valueOf(fromConfigMap(configMap(layer2))).pools);
  });
});

import { describe, expect, it } from "vitest";
import { printIp } from "#src/ip/address.ts";
import { parseBfdProfile } from "#src/model/metallb/bfd-profile.ts";
import { parseBgpAdvertisement } from "#src/model/metallb/bgp-advertisement.ts";
import { parseBgpPeer } from "#src/model/metallb/bgp-peer.ts";
import { parseCommunityResource } from "#src/model/metallb/community.ts";
import { codes, valueOf } from "#test/model/build.ts";
import { resource } from "./resource.ts";

const SESSION = "myASN: 64512\npeerASN: 64513\npeerAddress: 192.0.2.1";
const without = (key: string): string =>
  SESSION.split("\n")
    .filter((line) => !line.startsWith(key))
    .join("\n");

function peer(spec: string, version = "v1beta2") {
  return parseBgpPeer(resource("BGPPeer", spec, { version }));
}

describe("§1.8 parseBgpPeer()", () => {
  it.each([
    {
      rule: "what is required",
      spec: SESSION,
      is: { myAsn: 64_512, peerAsn: 64_513, peerPort: 179, nodeSelectors: [] },
    },
    { rule: "4 byte numbers", spec: `${without("peerASN")}\npeerASN: 4294967295`, is: { peerAsn: 4_294_967_295 } },
    { rule: "dynamicASN", spec: `${without("peerASN")}\ndynamicASN: external`, is: { peerAsn: "external" } },
    { rule: "interface", spec: `${without("peerAddress")}\ninterface: eth0`, is: { peer: { interface: "eth0" } } },
    { rule: "peerPort", spec: `${SESSION}\npeerPort: 16384`, is: { peerPort: 16_384 } },
    {
      rule: "holdTime gives keepaliveTime",
      spec: `${SESSION}\nholdTime: 90s`,
      is: { holdTimeSeconds: 90, keepaliveTimeSeconds: 30 },
    },
    {
      rule: "keepaliveTime gives holdTime",
      spec: `${SESSION}\nkeepaliveTime: 10s`,
      is: { holdTimeSeconds: 30, keepaliveTimeSeconds: 10 },
    },
    { rule: "holdTime 0", spec: `${SESSION}\nholdTime: 0s`, is: { holdTimeSeconds: 0, keepaliveTimeSeconds: 0 } },
    {
      rule: "both times",
      spec: `${SESSION}\nholdTime: 9m0s\nkeepaliveTime: 0s`,
      is: { holdTimeSeconds: 540, keepaliveTimeSeconds: 0 },
    },
    { rule: "connectTime", spec: `${SESSION}\nconnectTime: 120s`, is: { connectTimeSeconds: 120 } },
    { rule: "bfdProfile", spec: `${SESSION}\nbfdProfile: fast`, is: { bfdProfile: "fast" } },
    { rule: "ebgpMultiHop", spec: `${SESSION}\nebgpMultiHop: true`, is: { ebgpMultiHop: true } },
    { rule: "password", spec: `${SESSION}\npassword: s3cret`, is: { password: "s3cret" } },
    { rule: "passwordSecret", spec: `${SESSION}\npasswordSecret: { name: bgp }`, is: { passwordSecret: "bgp" } },
    {
      rule: "the modes of FRR",
      spec: `${SESSION}\nvrf: red\nenableGracefulRestart: true\ndualStackAddressFamily: true\ndisableMP: false\nlocalASN: 65000`,
      is: {},
    },
    {
      rule: "nodeSelectors",
      spec: `${SESSION}\nnodeSelectors: [{ matchLabels: { rack: a } }]`,
      is: { nodeSelectors: [[{ key: "rack", operator: "In", values: ["a"] }]] },
    },
  ])("$rule", ({ spec, is }) => {
    const parsed = peer(spec);
    expect(valueOf(parsed).peer).toMatchObject(is);
    expect(parsed.problems).toEqual([]);
  });

  it("addresses", () => {
    const { peer: read } = valueOf(peer(`${SESSION}\nsourceAddress: 192.0.2.9\nrouterID: 10.0.0.1`));
    const ips = [read.peer, read.sourceAddress, read.routerId].map((ip) => ip && "family" in ip && printIp(ip));
    expect(ips).toEqual(["192.0.2.1", "192.0.2.9", "10.0.0.1"]);
  });

  it.each([
    { rule: "no myASN", spec: without("myASN"), code: "FIELD_MISSING" },
    { rule: "myASN 0", spec: `${without("myASN")}\nmyASN: 0`, code: "FIELD_MISSING" },
    { rule: "myASN over 32 bits", spec: `${without("myASN")}\nmyASN: 4294967296`, code: "FIELD_INVALID" },
    { rule: "neither peerASN nor dynamicASN", spec: without("peerASN"), code: "FIELD_MISSING" },
    { rule: "peerASN and dynamicASN", spec: `${SESSION}\ndynamicASN: internal`, code: "FIELD_INVALID" },
    { rule: "another word for dynamicASN", spec: `${without("peerASN")}\ndynamicASN: both`, code: "FIELD_INVALID" },
    { rule: "neither peerAddress nor interface", spec: without("peerAddress"), code: "FIELD_MISSING" },
    { rule: "peerAddress and interface", spec: `${SESSION}\ninterface: eth0`, code: "FIELD_INVALID" },
    {
      rule: "peerAddress that is not one",
      spec: `${without("peerAddress")}\npeerAddress: router`,
      code: "FIELD_INVALID",
    },
    { rule: "peerPort over 16384", spec: `${SESSION}\npeerPort: 16385`, code: "FIELD_INVALID" },
    { rule: "holdTime under 3 s", spec: `${SESSION}\nholdTime: 2s`, code: "FIELD_INVALID" },
    { rule: "holdTime that is not a duration", spec: `${SESSION}\nholdTime: 90`, code: "FIELD_INVALID" },
    {
      rule: "keepaliveTime over holdTime",
      spec: `${SESSION}\nholdTime: 9s\nkeepaliveTime: 10s`,
      code: "FIELD_INVALID",
    },
    { rule: "connectTime 0", spec: `${SESSION}\nconnectTime: 0s`, code: "FIELD_INVALID" },
    { rule: "connectTime over 65535 s", spec: `${SESSION}\nconnectTime: 65536s`, code: "FIELD_INVALID" },
    { rule: "connectTime with a fraction", spec: `${SESSION}\nconnectTime: 1500ms`, code: "FIELD_INVALID" },
    { rule: "routerID of IPv6", spec: `${SESSION}\nrouterID: '2001:db8::1'`, code: "FIELD_INVALID" },
    {
      rule: "ebgpMultiHop inside one system",
      spec: `${without("peerASN")}\npeerASN: 64512\nebgpMultiHop: true`,
      code: "FIELD_INVALID",
    },
    { rule: "duplicate nodeSelectors", spec: `${SESSION}\nnodeSelectors: [{}, {}]`, code: "FIELD_DUPLICATE" },
    {
      rule: "password and passwordSecret",
      spec: `${SESSION}\npassword: s3cret\npasswordSecret: { name: a }`,
      code: "FIELD_INVALID",
    },
    { rule: "localASN 0", spec: `${SESSION}\nlocalASN: 0`, code: "FIELD_INVALID" },
  ])("is left out for $rule", ({ spec, code }) => {
    const parsed = peer(spec);
    expect([parsed.ok, ...codes(parsed.problems)]).toEqual([false, code]);
  });

  it("v1beta1 does not have what came with v1beta2", () => {
    expect(codes(peer(SESSION, "v1beta1").problems)).toEqual([]);
    expect(codes(peer(`${SESSION}\nvrf: red`, "v1beta1").problems)).toEqual(["resource_unknown_key"]);
  });

  it.each([
    "password: s3cret\npasswordSecret: { name: a }",
    "password: [s3cret]",
    "password: { a: s3cret }",
    "pasword: s3cret",
  ])("no problem shows the password: %s", (line) => {
    const { problems } = peer(`${SESSION}\n${line}`);
    expect(problems).not.toEqual([]);
    expect(JSON.stringify(problems)).not.toContain("s3cret");
  });
});

describe("§1.8 parseBgpAdvertisement()", () => {
  const read = (spec: string | undefined) => parseBgpAdvertisement(resource("BGPAdvertisement", spec));

  it.each([
    {
      rule: "no spec",
      spec: undefined,
      is: { aggregationLength: 32, aggregationLengthV6: 128, localPref: 0, communities: [] },
    },
    {
      rule: "aggregation",
      spec: "aggregationLength: 24\naggregationLengthV6: 64",
      is: { aggregationLength: 24, aggregationLengthV6: 64 },
    },
    { rule: "localPref", spec: "localPref: 150", is: { localPref: 150 } },
    {
      rule: "communities of three forms",
      spec: "communities: [65535:65282, large:1:2:3, NO_ADVERTISE]",
      is: { communities: ["65535:65282", "large:1:2:3", "NO_ADVERTISE"] },
    },
    { rule: "peers", spec: "peers: [a]", is: { peers: ["a"] } },
  ])("$rule", ({ spec, is }) => {
    const parsed = read(spec);
    expect(valueOf(parsed).rule).toMatchObject(is);
    expect(parsed.problems).toEqual([]);
  });

  it.each([
    { rule: "aggregationLength 0", spec: "aggregationLength: 0", code: "FIELD_INVALID" },
    { rule: "aggregationLength 33", spec: "aggregationLength: 33", code: "FIELD_INVALID" },
    { rule: "aggregationLengthV6 129", spec: "aggregationLengthV6: 129", code: "FIELD_INVALID" },
    { rule: "localPref below 0", spec: "localPref: -1", code: "FIELD_INVALID" },
    { rule: "duplicate communities", spec: "communities: [a, a]", code: "FIELD_DUPLICATE" },
    { rule: "duplicate peers", spec: "peers: [a, a]", code: "FIELD_DUPLICATE" },
    {
      rule: "more than 63 communities",
      spec: `communities: [${Array.from({ length: 64 }, (_, at) => `"1:${at}"`).join()}]`,
      code: "FIELD_INVALID",
    },
    {
      rule: "serviceSelectors with aggregation",
      spec: "serviceSelectors: [{}]\naggregationLength: 24",
      code: "FIELD_INVALID",
    },
    {
      rule: "serviceSelectors with aggregation of IPv6",
      spec: "serviceSelectors: [{}]\naggregationLengthV6: 64",
      code: "FIELD_INVALID",
    },
  ])("is left out for $rule", ({ spec, code }) => {
    const parsed = read(spec);
    expect([parsed.ok, ...codes(parsed.problems)]).toEqual([false, code]);
  });
});

describe("§1.8 parseCommunityResource()", () => {
  const read = (list: string) => parseCommunityResource(resource("Community", `communities: ${list}`));

  it("reads aliases", () => {
    const parsed = read("[{ name: a, value: 65535:65282 }, { name: b, value: large:4294967295:2:3 }]");
    expect([...valueOf(parsed).aliases]).toEqual([
      ["a", "65535:65282"],
      ["b", "large:4294967295:2:3"],
    ]);
  });

  it.each([
    { rule: "a number over 16 bits", list: "[{ name: a, value: '65536:1' }]", code: "FIELD_INVALID" },
    { rule: "a large one over 32 bits", list: "[{ name: a, value: 'large:4294967296:1:1' }]", code: "FIELD_INVALID" },
    { rule: "two parts of a large one", list: "[{ name: a, value: 'large:1:1' }]", code: "FIELD_INVALID" },
    { rule: "no number", list: "[{ name: a, value: 'x:1' }]", code: "FIELD_INVALID" },
    { rule: "no value", list: "[{ name: a }]", code: "FIELD_MISSING" },
    { rule: "an alias twice", list: "[{ name: a, value: '1:1' }, { name: a, value: '1:2' }]", code: "FIELD_DUPLICATE" },
  ])("is left out for $rule", ({ list, code }) => {
    const parsed = read(list);
    expect([parsed.ok, ...codes(parsed.problems)]).toEqual([false, code]);
  });
});

describe("§1.8 parseBfdProfile()", () => {
  const read = (spec: string | undefined) => parseBfdProfile(resource("BFDProfile", spec));

  it("reads all fields", () => {
    const spec =
      "receiveInterval: 10\ntransmitInterval: 60000\nechoInterval: 50\ndetectMultiplier: 2\nminimumTtl: 254\nechoMode: true\npassiveMode: true";
    expect(valueOf(read(spec)).profile).toEqual({
      name: "it",
      receiveIntervalMs: 10,
      transmitIntervalMs: 60_000,
      echoIntervalMs: 50,
      detectMultiplier: 2,
      minimumTtl: 254,
      echoMode: true,
      passiveMode: true,
    });
    expect(valueOf(read(undefined)).profile).toEqual({ name: "it", echoMode: false, passiveMode: false });
  });

  it.each([
    "receiveInterval: 9",
    "transmitInterval: 60001",
    "echoInterval: 9",
    "detectMultiplier: 1",
    "detectMultiplier: 256",
    "minimumTtl: 0",
    "minimumTtl: 255",
  ])("is left out for %s", (spec) => {
    expect([read(spec).ok, ...codes(read(spec).problems)]).toEqual([false, "FIELD_INVALID"]);
  });
});

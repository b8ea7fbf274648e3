import { describe, expect, it } from "vitest";
import { parseIp, printIp } from "#src/ip/address.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { parseService, wasAssigned } from "#src/model/service.ts";
import { codes, object, valueOf } from "./build.ts";

/** A LoadBalancer Service with more in its spec, and annotations. */
function service(spec: object = {}, annotations: object = {}) {
  const full = { type: "LoadBalancer", ports: [{ port: 80 }], ...spec };
  return object(
    JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: "web", annotations }, spec: full }),
  );
}

describe("parseService() reads the families", () => {
  it.each([
    { name: "nothing", spec: {}, families: ["ipv4"], policy: "SingleStack" },
    { name: "IPv6", spec: { ipFamilies: ["IPv6"] }, families: ["ipv6"], policy: "SingleStack" },
    { name: "both", spec: { ipFamilies: ["IPv6", "IPv4"] }, families: ["ipv6", "ipv4"], policy: "RequireDualStack" },
    { name: "a cluster IP", spec: { clusterIP: "fd00::1" }, families: ["ipv6"], policy: "SingleStack" },
    { name: "headless", spec: { clusterIP: "None" }, families: ["ipv4"], policy: "SingleStack" },
    {
      name: "cluster IPs",
      spec: { clusterIPs: ["fd00::1", "10.0.0.1"] },
      families: ["ipv6", "ipv4"],
      policy: "RequireDualStack",
    },
    {
      name: "PreferDualStack on disk",
      spec: { ipFamilyPolicy: "PreferDualStack" },
      families: ["ipv4", "ipv6"],
      policy: "PreferDualStack",
    },
    {
      name: "RequireDualStack on disk, IPv6 first",
      spec: { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6"] },
      families: ["ipv6", "ipv4"],
      policy: "RequireDualStack",
    },
    {
      name: "PreferDualStack of a cluster that has one family",
      spec: { ipFamilyPolicy: "PreferDualStack", ipFamilies: ["IPv4"], clusterIPs: ["10.0.0.1"] },
      families: ["ipv4"],
      policy: "PreferDualStack",
    },
  ])("of $name", ({ spec, families, policy }) => {
    const parsed = parseService(service(spec));
    expect(valueOf(parsed)).toMatchObject({ families, ipFamilyPolicy: policy });
    expect(parsed.problems).toEqual([]);
  });
});

const [OURS, NEW, OLD] = [
  "hawser.dev/load-balancer-ips",
  "metallb.io/loadBalancerIPs",
  "metallb.universe.tf/loadBalancerIPs",
];

describe("parseService() reads the request", () => {
  it.each([
    { name: "ours before MetalLB's", annotations: { [OLD]: "10.0.0.3", [NEW]: "10.0.0.2", [OURS]: "10.0.0.1" }, is: 1 },
    { name: "the new name before the old", annotations: { [OLD]: "10.0.0.3", [NEW]: "10.0.0.2" }, is: 2 },
    { name: "the old name", annotations: { [OLD]: "10.0.0.3" }, is: 3 },
    { name: "past an empty one", annotations: { [OLD]: "10.0.0.3", [OURS]: " " }, is: 3 },
  ])("$name", ({ annotations, is }) => {
    expect(valueOf(parseService(service({}, annotations))).requestedAddresses.map(printIp)).toEqual([`10.0.0.${is}`]);
  });

  it("spec.loadBalancerIP, also beside an annotation that says the same", () => {
    const alone = valueOf(parseService(service({ loadBalancerIP: "10.0.0.1" })));
    expect(alone.requestedAddresses.map(printIp)).toEqual(["10.0.0.1"]);
    const both = valueOf(parseService(service({ loadBalancerIP: "10.0.0.1" }, { [OURS]: "10.0.0.1" })));
    expect(both).toMatchObject({ requestProblems: [], requestedAddresses: alone.requestedAddresses });
  });

  it.each([
    { name: "no address", annotations: { [OURS]: "10.0.0.256" }, spec: {}, code: "REQUEST_ADDRESS_UNREADABLE" },
    {
      name: "kube-vip's word for DHCP",
      annotations: { "kube-vip.io/loadbalancerIPs": "0.0.0.0" },
      spec: {},
      code: "REQUEST_ADDRESS_UNREADABLE",
    },
    { name: "a list", annotations: { [OURS]: ["10.0.0.1"] }, spec: {}, code: "REQUEST_ADDRESS_UNREADABLE" },
    { name: "no text", annotations: {}, spec: { loadBalancerIP: 7 }, code: "REQUEST_ADDRESS_UNREADABLE" },
    { name: "a comma too many", annotations: { [OURS]: "10.0.0.1," }, spec: {}, code: "REQUEST_ADDRESS_UNREADABLE" },
    { name: "two of a family", annotations: { [NEW]: "10.0.0.1,10.0.0.2" }, spec: {}, code: "REQUEST_FAMILY_TWICE" },
    { name: "another family", annotations: { [NEW]: "fd00::1" }, spec: {}, code: "REQUEST_FAMILY_NOT_SERVED" },
    {
      name: "a pool of too long a name",
      annotations: { "hawser.dev/address-pool": "p".repeat(1_025) },
      spec: {},
      code: "REQUEST_TOO_LONG",
    },
    {
      name: "too long a sharing key",
      annotations: { "hawser.dev/sharing-key": "k".repeat(1_025) },
      spec: {},
      code: "REQUEST_TOO_LONG",
    },
    {
      name: "two that differ",
      annotations: { [NEW]: "10.0.0.1" },
      spec: { loadBalancerIP: "10.0.0.2" },
      code: "REQUEST_CONTRADICTORY",
    },
  ])("and refuses $name, without losing the Service", ({ annotations, spec, code }) => {
    const status = { loadBalancer: { ingress: [{ ip: "10.0.0.9" }] } };
    const parsed = parseService({ ...service(spec, {}), ...withAnnotations(service(spec), annotations), status });
    const value = valueOf(parsed);
    expect(codes(value.requestProblems)).toEqual([code]);
    expect(codes(parsed.problems)).toEqual([code]);
    expect(value.requestedAddresses).toEqual([]);
    expect(value.assignedAddresses.map(printIp)).toEqual(["10.0.0.9"]);
  });

  it("of LoadBalancer Services only", () => {
    const value = valueOf(parseService(service({ type: "NodePort" }, { [OURS]: "nonsense" })));
    expect(value).toMatchObject({ requestedAddresses: [], requestedPool: undefined, requestProblems: [] });
  });

  it("with pool and sharing key, ours before MetalLB's", () => {
    const annotations = {
      "hawser.dev/address-pool": "a",
      "metallb.io/address-pool": "b",
      "metallb.io/allow-shared-ip": "c",
      "metallb.universe.tf/allow-shared-ip": "d",
    };
    expect(valueOf(parseService(service({}, annotations)))).toMatchObject({ requestedPool: "a", sharingKey: "c" });
  });
});

/** Each wish: its annotations, the first of which wins, and what is read. */
const precedence = [
  {
    wish: "requestedAddresses",
    names: [OURS, NEW, OLD, "kube-vip.io/loadbalancerIPs", "lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips"],
    values: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"],
  },
  {
    wish: "requestedPool",
    names: ["hawser.dev/address-pool", "metallb.io/address-pool", "metallb.universe.tf/address-pool"],
    values: ["a", "b", "c"],
  },
  {
    wish: "sharingKey",
    names: [
      "hawser.dev/sharing-key",
      "metallb.io/allow-shared-ip",
      "metallb.universe.tf/allow-shared-ip",
      "lbipam.cilium.io/sharing-key",
    ],
    values: ["a", "b", "c", "d"],
    read: ["a", "b", "c", "default/d"],
  },
] as const;

/** Each annotation of a wish with those that come after it. */
const ranked = precedence.flatMap(({ wish, names, values, ...more }) =>
  names.map((name, at) => ({
    wish,
    name,
    later: names.slice(at + 1),
    annotations: Object.fromEntries(names.slice(at).map((one, index) => [one, values[at + index]])),
    same: Object.fromEntries(names.slice(at).map((one) => [one, values[at]])),
    is: ("read" in more ? more.read : values)[at],
  })),
);

describe("parseService() reads wishes of several families of annotations", () => {
  it.each(ranked)(
    "$name wins over those after it, with a warning for each",
    ({ wish, name, later, annotations, is }) => {
      const parsed = parseService(service({}, annotations));
      const value = valueOf(parsed);
      expect(String(wish === "requestedAddresses" ? value[wish].map(printIp) : value[wish])).toBe(is);
      expect(parsed.problems.map(({ at, code, severity }) => `${severity} ${code} ${printPlace(at)}`)).toEqual(
        later.map((one) => `warning REQUEST_OVERRIDDEN Service "default/web" metadata.annotations["${one}"]`),
      );
      for (const { why } of parsed.problems) expect(why).toContain(`${name} says`);
    },
  );

  it.each(ranked)("$name and all after it with the same wish are no problem", ({ same }) => {
    expect(parseService(service({}, same)).problems).toEqual([]);
  });

  it("does not take another order or spelling of addresses for another wish", () => {
    const spec = { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv4", "IPv6"] };
    const annotations = { [OURS]: "10.0.0.1,fd00::1", "kube-vip.io/loadbalancerIPs": "fd00:0::1 , 10.0.0.1" };
    expect(parseService(service(spec, annotations)).problems).toEqual([]);
  });

  it("still assigns what the winner asks for where another wish cannot be read", () => {
    const value = valueOf(parseService(service({}, { [OURS]: "10.0.0.1", "io.cilium/lb-ipam-ips": "none" })));
    expect(value.requestedAddresses.map(printIp)).toEqual(["10.0.0.1"]);
    expect(codes(value.requestProblems)).toEqual(["request_overridden"]);
  });

  it("keeps Cilium's sharing keys within their namespace", () => {
    const of = (namespace: string): string => {
      const { metadata, ...rest } = service({}, { "lbipam.cilium.io/sharing-key": "k" });
      return valueOf(parseService({ ...rest, metadata: { ...metadata, namespace } })).sharingKey;
    };
    expect([of("a"), of("b")]).toEqual(["a/k", "b/k"]);
  });
});

describe("parseService() with empty texts", () => {
  it("L15 reads them as left out, as the API server does", () => {
    const empty = { externalTrafficPolicy: "", ipFamilyPolicy: "", ports: [{ port: 80, protocol: "" }] };
    const parsed = parseService(service(empty));
    expect(valueOf(parsed)).toEqual(valueOf(parseService(service({ ports: [{ port: 80 }] }))));
    expect(parsed.problems).toEqual([]);
    expect(valueOf(parseService(service({ type: "" }))).type).toBe("ClusterIP");
  });

  it("L15 says that it ignores an empty class, and serves the Service as one without a class", () => {
    const parsed = parseService(service({ loadBalancerClass: "" }));
    expect(valueOf(parsed).loadBalancerClass).toBeUndefined();
    expect(parsed.problems.map(({ code, severity, at }) => `${severity} ${code} ${printPlace(at)}`)).toEqual([
      'warning FIELD_INVALID Service "default/web" spec.loadBalancerClass',
    ]);
  });
});

describe("parseService() and marks of the addresses", () => {
  it.each([
    ["hawser.dev/ip-allocated-from-pool"],
    ["metallb.io/ip-allocated-from-pool"],
    ["metallb.universe.tf/ip-allocated-from-pool"],
  ])("L1 takes over what %s says", (annotation) => {
    expect(valueOf(parseService(service({}, { [annotation]: "edge" }))).allocatedFrom).toBe("edge");
    expect(valueOf(parseService(service({}, {}))).allocatedFrom).toBeUndefined();
  });

  it("L2 knows which addresses Hawser assigned, where that is noted; of MetalLB's Services each counts", () => {
    const [ours, other] = ["192.0.2.1", "192.0.2.2"].map((text) => parseIp(text) ?? expect.fail(text));
    if (ours === undefined || other === undefined) throw new Error("two addresses");
    const says = (annotations: object) => {
      const value = valueOf(parseService(service({}, annotations)));
      return [wasAssigned(value, ours), wasAssigned(value, other)];
    };
    const pool = { "metallb.io/ip-allocated-from-pool": "edge" };
    expect(says({})).toEqual([false, false]);
    expect(says(pool)).toEqual([true, true]);
    expect(says({ ...pool, "hawser.dev/assigned-addresses": "192.0.2.1,2001:db8::1" })).toEqual([true, false]);
  });

  it("L13 reads external IPs, and leaves out what is none", () => {
    const { externalIps } = valueOf(parseService(service({ externalIPs: ["192.0.2.7", "host", 7, "2001:db8::7"] })));
    expect(externalIps.map(printIp)).toEqual(["192.0.2.7", "2001:db8::7"]);
  });
});

/** Annotations as text, as `parseObject` hands on what was a list. */
function withAnnotations<T extends ReturnType<typeof service>>(one: T, annotations: object): T {
  const texts = Object.entries(annotations).map(([key, value]) => [
    key,
    Array.isArray(value) ? "a list" : String(value),
  ]);
  return { ...one, metadata: { ...one.metadata, annotations: Object.fromEntries(texts) as Record<string, string> } };
}

describe("parseService() refuses", () => {
  it.each([
    { name: "an unknown type", spec: { type: "Loadbalancer" }, code: "FIELD_INVALID" },
    { name: "a type that is no text", spec: { type: 1 }, code: "FIELD_WRONG_TYPE" },
    { name: "no ports", spec: { ports: [] }, code: "FIELD_MISSING" },
    { name: "port 0", spec: { ports: [{ port: 0 }] }, code: "FIELD_INVALID" },
    { name: "port 65536", spec: { ports: [{ port: 65_536 }] }, code: "FIELD_INVALID" },
    { name: "half a port", spec: { ports: [{ port: 1.5 }] }, code: "FIELD_INVALID" },
    { name: "a port in quotes", spec: { ports: [{ port: "80" }] }, code: "FIELD_WRONG_TYPE" },
    { name: "a protocol in lower case", spec: { ports: [{ port: 80, protocol: "tcp" }] }, code: "FIELD_INVALID" },
    { name: "a target that is no name", spec: { ports: [{ port: 80, targetPort: "http_1" }] }, code: "FIELD_INVALID" },
    {
      name: "twice a number",
      spec: {
        ports: [
          { port: 80, name: "a" },
          { port: 80, name: "b" },
        ],
      },
      code: "FIELD_DUPLICATE",
    },
    { name: "twice a name", spec: { ports: [{ port: 80 }, { port: 81 }] }, code: "FIELD_DUPLICATE" },
    { name: "twice a family", spec: { ipFamilies: ["IPv4", "IPv4"] }, code: "FIELD_DUPLICATE" },
    { name: "an unknown policy", spec: { ipFamilyPolicy: "DualStack" }, code: "FIELD_INVALID" },
    { name: "a text as selector", spec: { selector: "app=web" }, code: "FIELD_WRONG_TYPE" },
  ])("$name", ({ spec, code }) => {
    const parsed = parseService(service(spec));
    expect(parsed.ok).toBe(false);
    expect(codes(parsed.problems)).toEqual([code]);
  });

  it("a Service without spec", () => {
    const bare = object("{apiVersion: v1, kind: Service, metadata: {name: web}}");
    expect(codes(parseService(bare).problems)).toEqual(["FIELD_MISSING", "FIELD_MISSING"]);
  });
});

it("takes one number on two protocols", () => {
  const ports = [
    { port: 53, name: "udp", protocol: "UDP" },
    { port: 53, name: "tcp" },
  ];
  expect(parseService(service({ ports })).problems).toEqual([]);
});

it("reads addresses from status once each, and warns of what is none", () => {
  const ingress = [
    { ip: "10.0.0.1" },
    { ip: "10.0.0.1" },
    { ip: "x" },
    { hostname: "h" },
    { ip: "" },
    { ip: "fd00::0" },
  ];
  const parsed = parseService({ ...service(), status: { loadBalancer: { ingress } } });
  expect(valueOf(parsed).assignedAddresses.map(printIp)).toEqual(["10.0.0.1", "fd00::"]);
  expect(codes(parsed.problems)).toEqual(["status_address_unreadable"]);
});

it("L1 reads a status of 40,000 addresses, which a hostile program may write, in time that grows with their number", () => {
  const ingress = Array.from({ length: 40_000 }, (_, at) => ({ ip: `10.0.${at >> 8}.${at & 255}` }));
  const parsed = parseService({ ...service(), status: { loadBalancer: { ingress } } });
  expect(valueOf(parsed).assignedAddresses).toHaveLength(40_000);
});

import { describe, expect, it } from "vitest";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { parseNode } from "#src/model/node.ts";
import { type KubeObject, parseObject } from "#src/model/object.ts";
import { publishedAddresses } from "#ingress/status/published-addresses.ts";
import { LINGER_MS, LingeringAddresses } from "#ingress/status/lingering-addresses.ts";
import { StatusPacing } from "#ingress/status/status-pacing.ts";
import { readPublishSettings } from "#ingress/status/publish-settings.ts";

function objectOf(manifest: Readonly<Record<string, unknown>>): KubeObject {
  const parsed = parseObject(manifest, { kind: "file", file: "test" });
  if (!parsed.ok) throw new Error(parsed.problems[0]?.why);
  return parsed.value;
}

function serviceOf(spec: Readonly<Record<string, unknown>>, ingress: readonly unknown[] = []): KubeObject {
  const metadata = { name: "hawser-ingress", namespace: "hawser-system" };
  return objectOf({ apiVersion: "v1", kind: "Service", metadata, spec, status: { loadBalancer: { ingress } } });
}

function sliceOf(...endpoints: readonly { readonly nodeName?: string; readonly ready?: boolean }[]) {
  const parsed = parseEndpointSlice(
    objectOf({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "s", namespace: "hawser-system", labels: { "kubernetes.io/service-name": "hawser-ingress" } },
      addressType: "IPv4",
      endpoints: endpoints.map(({ nodeName, ready = true }, index) => ({
        addresses: [`10.0.0.${index + 1}`],
        nodeName,
        conditions: { ready },
      })),
      ports: [{ port: 80 }],
    }),
  );
  if (!parsed.ok) throw new Error("no slice");
  return parsed.value;
}

function nodeOf(name: string, addresses: Readonly<Record<string, string>>) {
  const status = { addresses: Object.entries(addresses).map(([address, type]) => ({ type, address })) };
  return parseNode(objectOf({ apiVersion: "v1", kind: "Node", metadata: { name }, status })).value;
}

const KEY = "hawser-system/hawser-ingress";
const byService = { service: KEY, usesNodes: false, addresses: [] };
const nothing = { slices: [], nodes: new Map() };

describe("publishedAddresses()", () => {
  it.each([
    {
      name: "LoadBalancer: its status",
      service: serviceOf({ type: "LoadBalancer" }, [{ ip: "192.0.2.1", ipMode: "VIP" }]),
      ips: ["192.0.2.1"],
    },
    {
      name: "LoadBalancer: a host name",
      service: serviceOf({ type: "LoadBalancer" }, [{ hostname: "LB.example.com" }]),
      ips: ["lb.example.com"],
    },
    {
      name: "LoadBalancer: its status and externalIPs, sorted",
      service: serviceOf({ type: "LoadBalancer", externalIPs: ["192.0.2.7"] }, [{ ip: "192.0.2.9" }]),
      ips: ["192.0.2.7", "192.0.2.9"],
    },
    { name: "LoadBalancer without an address: none", service: serviceOf({ type: "LoadBalancer" }), ips: [] },
    {
      name: "NodePort: externalIPs",
      service: serviceOf({ type: "NodePort", externalIPs: ["192.0.2.7"] }),
      ips: ["192.0.2.7"],
    },
    {
      name: "NodePort: never its ClusterIP",
      service: serviceOf({ type: "NodePort", clusterIP: "10.96.0.9" }),
      code: "PUBLISH_SERVICE_UNREACHABLE",
    },
    {
      name: "ClusterIP: nothing of what its status may hold",
      service: serviceOf({ clusterIP: "10.96.0.9" }, [{ ip: "192.0.2.9" }]),
      code: "PUBLISH_SERVICE_UNREACHABLE",
    },
    { name: "no such Service", service: undefined, code: "PUBLISH_SERVICE_MISSING" },
  ])("I-S2 by Service, $name", ({ service, ips, code }) => {
    const { addresses, problems } = publishedAddresses({ settings: byService, service, ...nothing });
    expect(addresses?.map((one) => Object.values(one)[0])).toEqual(ips);
    expect(problems.map((problem) => problem.code)).toEqual(code === undefined ? [] : [code]);
  });

  const nodes = new Map(
    [
      nodeOf("n1", { "10.1.0.1": "InternalIP", n1: "Hostname" }),
      nodeOf("n2", { "10.1.0.2": "InternalIP", "192.0.2.2": "ExternalIP", "2001:db8::2": "ExternalIP" }),
      nodeOf("n3", { "10.1.0.3": "InternalIP" }),
    ].map((node) => [node.name, node]),
  );

  it.each([
    {
      name: "those with a ready endpoint",
      slice: sliceOf({ nodeName: "n1" }, { nodeName: "n3", ready: false }),
      ips: ["10.1.0.1"],
    },
    {
      name: "external addresses before internal ones",
      slice: sliceOf({ nodeName: "n2" }),
      ips: ["192.0.2.2", "2001:db8::2"],
    },
    { name: "each once", slice: sliceOf({ nodeName: "n1" }, { nodeName: "n1" }), ips: ["10.1.0.1"] },
    { name: "unknown while none is ready", slice: sliceOf({ nodeName: "n1", ready: false }), ips: undefined },
    { name: "unknown without a node", slice: sliceOf({}), ips: undefined },
  ])("I-S1 by nodes, $name", ({ slice, ips }) => {
    const settings = { ...byService, usesNodes: true };
    const snapshot = { settings, service: serviceOf({ clusterIP: "None" }), slices: [slice], nodes };
    const { addresses, problems } = publishedAddresses(snapshot);
    expect([addresses?.map((one) => Object.values(one)[0]), problems]).toEqual([ips, []]);
  });

  it("I-S1 by hand, whatever the Service says", () => {
    const settings = { ...byService, addresses: [{ ip: "192.0.2.5" }] };
    expect(publishedAddresses({ settings, service: undefined, ...nothing })).toEqual({
      addresses: [{ ip: "192.0.2.5" }],
      problems: [],
    });
  });
});

describe("readPublishSettings()", () => {
  const none = { publishService: undefined, publishNodeAddresses: false, publishStatusAddress: [], updateStatus: true };
  it.each([
    { name: "nothing: off", options: none, value: undefined },
    {
      name: "--no-update-status: off",
      options: { ...none, publishService: "a/b", updateStatus: false },
      value: undefined,
    },
    {
      name: "a Service",
      options: { ...none, publishService: "a/b" },
      value: { service: "a/b", usesNodes: false, addresses: [] },
    },
    {
      name: "addresses",
      options: { ...none, publishStatusAddress: ["192.0.2.1", "2001:DB8::1", "LB.example"] },
      value: {
        service: undefined,
        usesNodes: false,
        addresses: [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }, { hostname: "lb.example" }],
      },
    },
  ])("reads $name", ({ options, value }) => {
    expect(readPublishSettings(options)).toMatchObject({ ok: true, value });
  });
  it.each([
    { options: { ...none, publishService: "b" }, code: "OPTION_INVALID" },
    { options: { ...none, publishService: "a/b/c" }, code: "OPTION_INVALID" },
    { options: { ...none, publishStatusAddress: ["300.0.0.1"] }, code: "OPTION_INVALID" },
    { options: { ...none, publishStatusAddress: ["a b"] }, code: "OPTION_INVALID" },
    { options: { ...none, publishNodeAddresses: true }, code: "OPTION_MISSING" },
  ])("refuses $options", ({ options, code }) => {
    expect(readPublishSettings(options)).toMatchObject({ ok: false, problems: [{ code }] });
  });
});

describe("LingeringAddresses", () => {
  const [one, two] = [{ ip: "192.0.2.1" }, { ip: "192.0.2.2" }];

  it("takes a new address at once, and lets one go after its time", () => {
    const lingering = new LingeringAddresses();
    expect(lingering.update([one, two], 0)).toEqual({ addresses: [one, two], dueInMs: undefined });
    expect(lingering.update([two], 10)).toEqual({ addresses: [one, two], dueInMs: LINGER_MS - 10 });
    expect(lingering.update([one, two], 20)).toEqual({ addresses: [one, two], dueInMs: undefined });
    expect(lingering.update([two], 30)).toEqual({ addresses: [one, two], dueInMs: LINGER_MS - 10 });
    expect(lingering.update([two], 20 + LINGER_MS)).toEqual({ addresses: [two], dueInMs: undefined });
  });

  it("keeps for the same time what an earlier leader had published", () => {
    const lingering = new LingeringAddresses();
    lingering.keep([one], 0);
    expect(lingering.update([two], 0)).toEqual({ addresses: [one, two], dueInMs: LINGER_MS });
    expect(lingering.update([two], LINGER_MS).addresses).toEqual([two]);
  });
});

describe("StatusPacing", () => {
  it("I-S7 lets the same be written again after growing pauses, and something else at once", () => {
    const pacing = new StatusPacing();
    const [one, two] = [[{ ip: "192.0.2.1" }], [{ ip: "192.0.2.2" }]];
    const waits: number[] = [];
    const contested: boolean[] = [];
    let nowMs = 0;
    for (let times = 0; times < 11; times++) {
      contested.push(pacing.attempt("a/i", one, nowMs));
      const waitMs = pacing.waitMs("a/i", one, nowMs);
      waits.push(waitMs / 1_000);
      nowMs += waitMs;
      expect(pacing.waitMs("a/i", one, nowMs)).toBe(0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    expect(contested.indexOf(true)).toBe(3);
    expect(contested.lastIndexOf(true)).toBe(3);
    expect([pacing.waitMs("a/i", two, nowMs - 1), pacing.waitMs("a/j", one, nowMs - 1)]).toEqual([0, 0]);
    pacing.prune(() => false);
    expect(pacing.waitMs("a/i", one, nowMs - 1)).toBe(0);
  });
});

import type { ServiceClass } from "#src/model/service-class.ts";
import { describe, expect, it } from "vitest";
import { type EndpointSlice, parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { parseIp } from "#src/ip/address.ts";
import { parseNode } from "#src/model/node.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { readConfiguration } from "#src/configuration/read-configuration.ts";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import { nodeInterfacesOf } from "#src/election/advertised.ts";
import { parseService, type Service } from "#src/model/service.ts";
import type { Change } from "#src/source/parsed-objects.ts";
import { WantedIndex } from "#speaker/wanted-index.ts";
import { configMap, object, valueOf } from "#test/model/build.ts";

const ASSIGNED = "annotations: { hawser.dev/ip-allocated-from-pool: edge }";

/** A Service that Hawser assigned these addresses, unless `marks` says otherwise. */
function service(name: string, ips: readonly string[], spec = "", marks = ASSIGNED): Service {
  const ingress = ips.map((ip) => `{ ip: ${ip} }`).join(", ");
  return valueOf(
    parseService(
      object(`{ apiVersion: v1, kind: Service, metadata: { name: ${name}, namespace: shop, ${marks} },
        spec: { type: LoadBalancer, ports: [{ port: 80 }] ${spec} }, status: { loadBalancer: { ingress: [${ingress}] } } }`),
    ),
  );
}

/** A slice of a Service: the conditions of its endpoint on each node. */
function slice(name: string, byNode: Readonly<Record<string, string>>): EndpointSlice {
  const endpoints = Object.entries(byNode).map(
    ([node, conditions]) => `{ addresses: [10.0.0.1], nodeName: ${node}, conditions: { ${conditions} } }`,
  );
  return valueOf(
    parseEndpointSlice(
      object(`{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, endpoints: [${endpoints.join(", ")}],
        metadata: { name: ${name}-1, namespace: shop, labels: { kubernetes.io/service-name: ${name} } } }`),
    ),
  );
}

function node(name: string, labels = "{}") {
  return parseNode(object(`{ apiVersion: v1, kind: Node, metadata: { name: ${name}, labels: ${labels} } }`)).value;
}

const READY = "ready: true";
const ENDING = "ready: false, serving: true, terminating: true";
const AS_BEFORE = { configuration: undefined, nodes: undefined, hostAddresses: undefined, members: undefined };
const LOCAL = ", externalTrafficPolicy: Local";

/** An index with hands to change what it holds. */
class World {
  readonly index = new WantedIndex({ loadBalancerClass: undefined }, "n1");
  readonly #services = new Map<string, Service>();
  readonly #slices = new Map<string, EndpointSlice>();

  services(...after: readonly (Service | string)[]) {
    return this.index.update({ services: changes(this.#services, after), slices: [], ...AS_BEFORE });
  }

  slices(...after: readonly (EndpointSlice | string)[]) {
    return this.index.update({ services: [], slices: changes(this.#slices, after), ...AS_BEFORE });
  }
}

function changes<T extends { readonly key: string }>(
  known: Map<string, T>,
  after: readonly (T | string)[],
): Change<T>[] {
  return after.map((one) => {
    const key = typeof one === "string" ? one : one.key;
    const before = known.get(key);
    if (typeof one === "string") known.delete(key);
    else known.set(key, one);
    return { key, before, after: typeof one === "string" ? undefined : one };
  });
}

describe("WantedIndex", () => {
  it("tells what is new, what is gone, and nothing twice", () => {
    const world = new World();
    const both = service("a", ["192.0.2.1", "2001:db8::1"]);
    expect(world.services(both)).toEqual({ wanted: [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }], gone: [] });
    expect(world.services(service("a", ["192.0.2.1", "2001:db8::1"]))).toEqual({ wanted: [], gone: [] });
    expect(world.services(service("a", ["192.0.2.2"]))).toEqual({
      wanted: [{ ip: "192.0.2.2" }],
      gone: ["192.0.2.1", "2001:db8::1"],
    });
    expect(world.services("shop/a")).toEqual({ wanted: [], gone: ["192.0.2.2"] });
  });

  it("L1 L2 wants an address that no pool contains only where Hawser assigned it", () => {
    const world = new World();
    const unmarked = service("a", ["192.0.2.1"], "", "annotations: {}");
    expect(world.services(unmarked).wanted).toEqual([{ ip: "192.0.2.1", forbidden: "NotOurs" }]);
    const poolOf = (range: string) =>
      valueOf(fromConfigMap(configMap(`address-pools: [{ name: p, protocol: layer2, addresses: [${range}] }]`)));
    const configure = (range: string) =>
      world.index.update({ services: [], slices: [], ...AS_BEFORE, configuration: poolOf(range) }).wanted;
    expect(configure("192.0.2.0/28")).toEqual([{ ip: "192.0.2.1" }]);
    expect(configure("198.51.100.0/28")).toEqual([{ ip: "192.0.2.1", forbidden: "NotOurs" }]);
    expect(world.services(service("a", ["192.0.2.1"])).wanted).toEqual([{ ip: "192.0.2.1" }]);
    expect(world.index.forbidden()).toEqual([]);
  });

  it("keeps a shared address until its last Service goes", () => {
    const world = new World();
    world.services(service("a", ["192.0.2.1"]), service("b", ["192.0.2.1"]));
    expect(world.services("shop/a")).toEqual({ wanted: [], gone: [] });
    expect(world.services("shop/b")).toEqual({ wanted: [], gone: ["192.0.2.1"] });
  });

  it("looks at endpoints where the policy is Local, and only there", () => {
    const world = new World();
    world.services(service("a", ["192.0.2.1"]), service("b", ["192.0.2.2"], LOCAL));
    expect(world.slices(slice("a", { n1: READY }))).toEqual({ wanted: [], gone: [] });
    expect(world.slices(slice("b", { n1: READY, n2: ENDING, n3: "ready: false, serving: true" })).wanted).toEqual([
      { ip: "192.0.2.2", serving: ["n1", "n2"], terminating: ["n2"] },
    ]);
    expect(world.slices("shop/b-1").wanted).toEqual([{ ip: "192.0.2.2", serving: [] }]);
    expect(world.services(service("b", ["192.0.2.2"])).wanted).toEqual([{ ip: "192.0.2.2" }]);
  });

  it("announces a shared address only where all its Services are served", () => {
    const world = new World();
    world.slices(slice("a", { n1: READY, n2: READY }), slice("b", { n2: READY, n3: READY }));
    const { wanted } = world.services(service("a", ["192.0.2.1"], LOCAL), service("b", ["192.0.2.1"], LOCAL));
    expect(wanted).toEqual([{ ip: "192.0.2.1", serving: ["n2"] }]);
  });

  it("has the nodes that the pool selects, anew when pools or labels change", () => {
    const world = new World();
    world.services(service("a", ["192.0.2.1"]), service("b", ["192.0.2.99"]));
    const configuration = valueOf(
      fromConfigMap(
        configMap(
          "address-pools: [{ name: edge, protocol: layer2, addresses: [192.0.2.0/28], node-selectors: [{ match-labels: { zone: a } }] }]",
        ),
      ),
    );
    const none = { services: [], slices: [], hostAddresses: undefined, members: undefined };
    const at = (...nodes: ReturnType<typeof node>[]) => world.index.update({ ...none, configuration, nodes });
    expect(at(node("n1", "{ zone: a }"), node("n2")).wanted).toEqual([{ ip: "192.0.2.1", selected: ["n1"] }]);
    expect(at(node("n1"), node("n2", "{ zone: a }")).wanted).toEqual([{ ip: "192.0.2.1", selected: ["n2"] }]);
    expect(
      world.index.update({ ...none, configuration: { pools: [], advertisements: [] }, nodes: undefined }).wanted,
    ).toEqual([{ ip: "192.0.2.1" }]);
  });

  it("prefers the nodes that an IPAddressPool names itself, again when labels change", () => {
    const world = new World();
    world.services(service("a", ["192.0.2.1"]));
    const { objects } = parseManifests(
      `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata:
  name: edge
  namespace: metallb-system
  annotations: { hawser.dev/preferred-nodes: "[{ weight: 3, match-labels: { zone: a } }]" }
spec: { addresses: [192.0.2.0/28] }
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: all, namespace: metallb-system }`,
      "in.yaml",
    );
    const { configuration } = readConfiguration(undefined, objects, "metallb-system");
    const none = { services: [], slices: [], hostAddresses: undefined, members: undefined };
    const nodes = [node("n1", "{ zone: a }"), node("n2")];
    expect(world.index.update({ ...none, configuration, nodes }).wanted).toEqual([
      { ip: "192.0.2.1", scores: [["n1", 3]] },
    ]);
    const moved = [node("n1"), node("n2", "{ zone: a }")];
    expect(world.index.update({ ...none, configuration: undefined, nodes: moved }).wanted).toEqual([
      { ip: "192.0.2.1", scores: [["n2", 3]] },
    ]);
  });

  it("names its own interfaces of an address, and the nodes without one, again when a record changes", () => {
    const world = new World();
    world.services(service("a", ["192.0.2.1"]));
    const pool =
      "{ name: edge, protocol: layer2, addresses: [192.0.2.0/28], interfaces: [eth1], preferred-nodes: PREFERRED }";
    const text = pool.replace("PREFERRED", "[{ weight: 3, match-labels: { zone: a } }]");
    const configuration = valueOf(fromConfigMap(configMap(`address-pools: [${text}]`)));
    const record = (name: string, link: string) =>
      nodeInterfacesOf({ node: name, interfaces: [{ name: link, mac: "", subnets: ["192.0.2.0/24"], addresses: [] }] });
    const none = { services: [], slices: [], hostAddresses: undefined, nodes: undefined, configuration: undefined };
    const nodes = [node("n1", "{ zone: a }"), node("n2")];
    expect(world.index.update({ ...none, configuration, nodes, members: undefined }).wanted).toEqual([
      { ip: "192.0.2.1", interfaces: ["eth1"], scores: [["n1", 3]] },
    ]);
    const at = (...members: ReturnType<typeof record>[]) => world.index.update({ ...none, members }).wanted;
    expect(at(record("n1", "eth0"), record("n2", "eth1"))).toEqual([
      { ip: "192.0.2.1", unlinked: ["n1"], scores: [["n1", 3]] },
    ]);
    expect(at(record("n1", "eth1"), record("n2", "eth0"))).toEqual([
      { ip: "192.0.2.1", interfaces: ["eth1"], unlinked: ["n2"], scores: [["n1", 3]] },
    ]);
  });

  it("L1 an address that a machine has is forbidden for as long as it has it, with policy Local too", () => {
    const world = new World();
    world.services(service("a", ["192.0.2.11"]), service("b", ["192.0.2.12"], LOCAL), service("c", ["127.0.0.1"]));
    const none = { services: [], slices: [], configuration: undefined, nodes: undefined, members: undefined };
    const machine = { reason: "NodeAddress", use: 'the address of Node "n1"' } as const;
    const hosts = new Map(
      ["192.0.2.11", "192.0.2.12", "192.0.2.99"].map((text) => {
        const ip = parseIp(text) ?? expect.fail(text);
        return [text, { ip, reason: "NodeAddress", owner: 'Node "n1"' }] as const;
      }),
    );
    expect(world.index.update({ ...none, hostAddresses: hosts }).wanted).toEqual([
      { ip: "192.0.2.11", forbidden: "NodeAddress" },
      { ip: "192.0.2.12", forbidden: "NodeAddress", serving: [] },
    ]);
    expect(world.index.forbidden()).toMatchObject([
      { services: ["shop/c"], forbidden: { reason: "ReservedAddress" } },
      { services: ["shop/a"], forbidden: machine },
      { services: ["shop/b"], forbidden: machine },
    ]);
    expect(world.index.update({ ...none, hostAddresses: new Map() }).wanted).toEqual([
      { ip: "192.0.2.11" },
      { ip: "192.0.2.12", serving: [] },
    ]);
    world.services("shop/c");
    expect(world.index.forbidden()).toEqual([]);
  });

  it("leaves Services of other classes and types alone", () => {
    const world = new World();
    const others = [
      service("a", ["192.0.2.1"], ", loadBalancerClass: example.com/other"),
      { ...service("b", ["192.0.2.2"]), type: "ClusterIP" } as const,
    ];
    expect(world.services(...others)).toEqual({ wanted: [], gone: [] });
    const change = changes(new Map<string, Service>(), [...others, service("c", ["192.0.2.3"])]);
    const wantedBy = (serviceClass: ServiceClass): readonly unknown[] =>
      new WantedIndex(serviceClass, "n1")
        .update({ services: change, slices: [], ...AS_BEFORE })
        .wanted.map(({ ip }) => ip);
    expect(wantedBy({ loadBalancerClass: "example.com/other" })).toEqual(["192.0.2.1"]);
    expect(wantedBy({ loadBalancerClass: "example.com/other", alsoClassless: true })).toEqual([
      "192.0.2.1",
      "192.0.2.3",
    ]);
  });
});

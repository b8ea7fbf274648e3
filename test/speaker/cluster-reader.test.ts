import { describe, expect, it } from "vitest";
import { ClusterReader } from "#speaker/cluster-reader.ts";
import type { Kind } from "#src/model/kind.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { l2, pool } from "#test/configuration/resources.ts";
import { configMap, object } from "#test/model/build.ts";

type Reports = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** Objects in memory, and a reader that is told of each change; `looks` counts what it looks at. */
class World {
  readonly #objects = new Map<string, KubeObject>();
  members: Reports = new Map();
  looks = 0;
  nowMs = 0;
  readonly problems = new Map<string, readonly Problem[]>();
  readonly reader = new ClusterReader({
    source: {
      get: (kind: Kind, key: string) => {
        this.looks += 1;
        return this.#objects.get(`${kind} ${key}`);
      },
      list: (kind: Kind) =>
        new Map(
          [...this.#objects.values()].filter((one) => one.kind === kind).map((one) => [keyOf(one.metadata), one]),
        ),
      has: () => true,
      reports: () => this.members,
    },
    node: "n1",
    configMap: { namespace: "hawser-system", name: "hawser" },
    metallbNamespace: "metallb-system",
    loadBalancerClass: undefined,
    ignoresExcludeLabel: false,
    wallMs: () => this.nowMs,
    onProblems: (where, problems) => this.problems.set(where, problems),
    onForbidden: (problems) => this.problems.set("addresses of Services", problems),
  });

  put(one: KubeObject): this {
    const { kind, metadata } = one;
    this.#objects.set(`${kind} ${keyOf(metadata)}`, one);
    this.reader.mark([{ kind, namespace: metadata.namespace, name: metadata.name }]);
    return this;
  }

  delete({ kind, metadata }: KubeObject): this {
    this.#objects.delete(`${kind} ${keyOf(metadata)}`);
    this.reader.mark([{ kind, namespace: metadata.namespace, name: metadata.name }]);
    return this;
  }
}

const service = (name: string, ip: string): KubeObject =>
  object(`{ apiVersion: v1, kind: Service,
    metadata: { name: ${name}, namespace: shop, annotations: { hawser.dev/ip-allocated-from-pool: edge } },
    spec: { type: LoadBalancer, ports: [{ port: 80 }] }, status: { loadBalancer: { ingress: [{ ip: ${ip} }] } } }`);
const node = (name: string, { labels = "{}", ready = "True", seen = 0, address = "", capture = "" } = {}): KubeObject =>
  object(`{ apiVersion: v1, kind: Node, metadata: { name: ${name}, labels: ${labels}, annotations: { ${capture === "" ? "" : `hawser.dev/capture: "${capture}"`} } },
    status: { addresses: [${address === "" ? "" : `{ type: InternalIP, address: ${address} }`}], conditions: [{ type: Ready, status: "${ready}", lastHeartbeatTime: "${seen}" }] } }`);
const member = (name: string, ip: string) => ({ node: name, addresses: [ip], keys: [], hasNode: true, interfaces: [] });
const pools = configMap(
  "address-pools: [{ name: edge, protocol: layer2, addresses: [192.0.2.0/28], node-selectors: [{ match-labels: { zone: a } }] }]",
);

describe("ClusterReader", () => {
  it("J says once which frames are asked for on its own Node, and when they no longer are", () => {
    const [first, second] = ["192.0.2.1 10000 1970-01-01T00:00:30.000Z", "192.0.2.1 500 1970-01-01T00:00:31.000Z"];
    const world = new World()
      .put(service("a", "192.0.2.1"))
      .put(node("n1"))
      .put(node("n2", { capture: first }));
    const news = () => {
      world.reader.read();
      return world.reader.readCapture({ isSynced: true });
    };
    expect(news()).toBe(undefined);
    world.put(node("n1", { capture: first }));
    expect(news()).toEqual({ kind: "capture", asked: first, address: "192.0.2.1", forMs: 10_000 });
    world.put(node("n1", { capture: first, seen: 1 }));
    expect(news()).toBe(undefined);
    world.put(node("n1", { capture: second }));
    expect(news()).toEqual({ kind: "capture", asked: second, address: "192.0.2.1", forMs: 500 });
    world.put(node("n1"));
    expect(news()).toEqual({ kind: "captureEnd" });
    expect(news()).toBe(undefined);
  });

  it.each([
    { name: "of an address that no Service has", ip: "192.0.2.2", says: "captureRefused" },
    { name: "of an address of a node", ip: "192.0.2.3", says: "captureRefused" },
    { name: "that was left behind", ip: "192.0.2.1", at: "00:01:01", says: "captureEnd" },
    { name: "that nobody can read", ip: "192.0.2.1/32", says: undefined },
  ])("J shows no frames for a request $name", ({ ip, at = "00:00:01", says }) => {
    const capture = `${ip} 10000 1970-01-01T${at}.000Z`;
    const world = new World().put(service("a", "192.0.2.1")).put(service("b", "192.0.2.3"));
    world.put(node("n2", { address: "192.0.2.3" })).put(node("n1", { capture }));
    world.reader.read();
    expect(world.reader.readCapture({ isSynced: true })?.kind).toBe(says);
  });

  it("J judges a request once all Services are known, and not before", () => {
    const capture = "192.0.2.1 10000 1970-01-01T00:00:01.000Z";
    const world = new World().put(node("n1", { capture }));
    world.reader.read();
    expect(world.reader.readCapture({ isSynced: false })).toBe(undefined);
    world.put(service("a", "192.0.2.1")).reader.read();
    expect(world.reader.readCapture({ isSynced: false })).toBe(undefined);
    expect(world.reader.readCapture({ isSynced: true })).toMatchObject({ kind: "capture", forMs: 10_000 });
  });

  it.each([
    {
      name: "for the rest of its time where",
      atMs: 4_000,
      says: { kind: "capture", address: "192.0.2.1", forMs: 6_000 },
    },
    { name: "no longer than it asks for where a clock was set back and", atMs: -9_000, says: { forMs: 10_000 } },
    { name: "not after its time where", atMs: 10_000, says: undefined },
    { name: "not after it was taken back where", atMs: 4_000, isTakenBack: true, says: undefined },
  ])("J grants what was refused, $name a Service gets the address", ({ atMs, isTakenBack = false, says }) => {
    const world = new World().put(node("n1", { capture: "192.0.2.1 10000 1970-01-01T00:00:01.000Z" }));
    const news = () => {
      world.reader.read();
      return world.reader.readCapture({ isSynced: true });
    };
    expect(news()?.kind).toBe("captureRefused");
    world.put(service("b", "192.0.2.2"));
    expect(news()).toBe(undefined);
    if (isTakenBack) world.put(node("n1"));
    if (isTakenBack) expect(news()).toEqual({ kind: "captureEnd" });
    world.nowMs = atMs;
    world.put(service("a", "192.0.2.1"));
    const granted = news();
    if (says === undefined) expect(granted).toBe(undefined);
    else expect(granted).toMatchObject(says);
    world.put(service("c", "192.0.2.3"));
    expect(news()).toBe(undefined);
  });

  it("tells all there is first, and then what changed, once", () => {
    const world = new World().put(service("a", "192.0.2.1")).put(node("n1")).put(node("n2"));
    expect(world.reader.read()).toEqual({
      kind: "cluster",
      wanted: [{ ip: "192.0.2.1" }],
      gone: [],
      members: [],
      nodes: [
        ["n1", "Usable"],
        ["n2", "Usable"],
      ],
      isMember: false,
    });
    expect(world.reader.read()).toBeUndefined();
    world.put(service("b", "192.0.2.2")).delete(service("a", ""));
    expect(world.reader.read()).toMatchObject({
      wanted: [{ ip: "192.0.2.2" }],
      gone: ["192.0.2.1"],
      members: undefined,
      nodes: undefined,
    });
    expect(world.reader.read()).toBeUndefined();
  });

  it("tells the first time even where there is nothing", () => {
    const world = new World();
    expect(world.reader.read()).toMatchObject({ wanted: [], gone: [], members: [], nodes: [] });
    expect(world.reader.read()).toBeUndefined();
  });

  it("L1 forbids an announced address as soon as a Node or a member has it, and says whose it is", () => {
    const world = new World().put(service("a", "192.0.2.1")).put(service("b", "192.0.2.2"));
    expect(world.reader.read()?.wanted).toEqual([{ ip: "192.0.2.1" }, { ip: "192.0.2.2" }]);
    world.put(node("n2", { address: "192.0.2.1" }));
    expect(world.reader.read()?.wanted).toEqual([{ ip: "192.0.2.1", forbidden: "NodeAddress" }]);
    world.put(node("n3")).members = new Map([
      ["member-n3", { ...member("n3", "198.51.100.3"), gateways: ["192.0.2.2"] }],
    ]);
    expect(world.reader.read()?.wanted).toEqual([{ ip: "192.0.2.2", forbidden: "GatewayAddress" }]);
    expect(world.problems.get("addresses of Services")).toMatchObject([
      {
        code: "SERVICE_ADDRESS_FORBIDDEN",
        at: { kind: "statuses", services: ["shop/a"] },
        what: "Does not announce 192.0.2.1",
        why: 'it is the address of Node "n2"',
      },
      { at: { kind: "statuses", services: ["shop/b"] }, why: 'it is the default gateway of node "n3"' },
    ]);
    world.delete(node("n2")).members = new Map();
    expect(world.reader.read()?.wanted).toEqual([{ ip: "192.0.2.1" }, { ip: "192.0.2.2" }]);
    expect(world.problems.get("addresses of Services")).toEqual([]);
  });

  it("L1 L10 forbids nothing for the record of a node that left, or of another name, and does again when its Node is back", () => {
    const world = new World().put(service("a", "192.0.2.1")).put(node("n1"));
    const left = { ...member("n3", "198.51.100.3"), gateways: ["192.0.2.1"] };
    world.members = new Map([
      ["member-n3", left],
      ["member-n4", { ...left, node: "n1" }],
    ]);
    expect(world.reader.read()?.wanted).toEqual([{ ip: "192.0.2.1" }]);
    expect(world.put(node("n3")).reader.read()?.wanted).toEqual([{ ip: "192.0.2.1", forbidden: "GatewayAddress" }]);
    expect(world.delete(node("n3")).reader.read()?.wanted).toEqual([{ ip: "192.0.2.1" }]);
  });

  it("looks at one Service when one changed, with a thousand there", () => {
    const world = new World();
    for (let one = 0; one < 1_000; one++) world.put(service(`s${one}`, `10.0.${one >> 8}.${one & 255}`));
    world.reader.read();
    world.looks = 0;
    world.put(service("s500", "10.9.9.9"));
    expect(world.reader.read()?.wanted).toEqual([{ ip: "10.9.9.9" }]);
    // The Service, and the ConfigMap at each reading.
    expect(world.looks).toBe(2);
  });

  it("keeps the last good version of a Service that is broken", () => {
    const world = new World().put(service("a", "192.0.2.1"));
    world.reader.read();
    const broken = object("{ apiVersion: v1, kind: Service, metadata: { name: a, namespace: shop }, spec: 7 }");
    expect(world.put(broken).reader.read()).toBeUndefined();
    expect(world.problems.get("Service shop/a")).not.toEqual([]);
  });

  it("tells standings when one is another, and not whenever a Node says something", () => {
    const world = new World().put(node("n1")).put(node("n2"));
    world.reader.read();
    expect(world.put(node("n2", { seen: 7 })).reader.read()).toBeUndefined();
    expect(world.put(node("n2", { ready: "False" })).reader.read()?.nodes).toEqual([
      ["n1", "Usable"],
      ["n2", "NodeNotReady"],
    ]);
    expect(world.delete(node("n2")).reader.read()?.nodes).toEqual([["n1", "Usable"]]);
  });

  it("decides anew on addresses whose pool selects nodes when labels change", () => {
    const world = new World().put(pools).put(node("n1")).put(service("a", "192.0.2.1"));
    expect(world.reader.read()?.wanted).toEqual([{ ip: "192.0.2.1", selected: [] }]);
    const relabelled = world.put(node("n1", { labels: "{ zone: a }" })).reader.read();
    expect(relabelled).toMatchObject({ wanted: [{ ip: "192.0.2.1", selected: ["n1"] }], nodes: undefined });
    expect(world.put(node("n2", { labels: "{ zone: a }" })).reader.read()?.wanted).toEqual([
      { ip: "192.0.2.1", selected: ["n1", "n2"] },
    ]);
  });

  it("knows the other speakers, without those whose Node is gone, and says whether its own member record is written", () => {
    const world = new World().put(node("n1")).put(node("n2"));
    const own = ["member-n1", member("n1", "198.51.100.1")] as const;
    const other = ["member-n2", member("n2", "198.51.100.2")] as const;
    world.members = new Map([own, other]);
    const members = [{ node: "n2", address: "198.51.100.2", family: "ipv4", macs: [] }];
    expect(world.reader.read()).toMatchObject({ members, isMember: true });
    const { memberRecords } = world.reader;
    expect(world.reader.read()).toBeUndefined();
    expect(world.reader.memberRecords).toBe(memberRecords);
    world.members = new Map([other]);
    expect(world.reader.read()).toMatchObject({ members: undefined, isMember: false });
    expect(world.delete(node("n2")).reader.read()).toMatchObject({ members: [] });
    expect(world.put(node("n2")).reader.read()).toMatchObject({ members });
  });

  it("announces from the nodes that an L2Advertisement of MetalLB selects, and from none without one", () => {
    const world = new World()
      .put(service("a", "192.0.2.1"))
      .put(node("n1", { labels: "{ zone: a }" }))
      .put(node("n2"));
    world.put(pool("edge", "192.0.2.0/28"));
    expect(world.reader.read()?.wanted).toEqual([{ ip: "192.0.2.1", isUnadvertised: true }]);
    expect(world.problems.get("metallb.io")).toMatchObject([{ code: "POOL_NOT_ADVERTISED" }]);
    world.put(l2("zone", "nodeSelectors: [{ matchLabels: { zone: a } }]"));
    expect(world.reader.read()?.wanted).toEqual([{ ip: "192.0.2.1", selected: ["n1"] }]);
    expect(world.problems.get("metallb.io")).toEqual([]);
    world.put(l2("zone", "nodeSelectors: [zone]"));
    expect(world.reader.read()).toBeUndefined();
    expect(world.problems.get("metallb.io")).toMatchObject([{ code: "FIELD_WRONG_TYPE" }]);
  });
});

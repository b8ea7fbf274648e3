import { HISTORY_REPORT } from "#src/model/address-history.ts";
import { type KubeObject, parseObject } from "#src/model/object.ts";
import type { Fields } from "#src/model/record.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import { seeRoutes, type SeenRoutes } from "#src/view/see-routes.ts";
import { routesInputOf } from "./routes-input-of.ts";

export interface SampleOptions {
  readonly nowMs: number;
  readonly nodes: number;
  readonly services: number;
  /** A node that is dead, a Service without a ready endpoint, one that waits for an address, a pool that is full. */
  readonly hasAlarms?: boolean;
}

/** The node that is dead where there are alarms. */
const DEAD = 7;
const NAMES = [
  "web",
  "api",
  "checkout",
  "search",
  "mail-relay",
  "very-long-service-name-of-the-payments-gateway-team-blue",
];
const SPACES = ["shop", "blog", "payments-production-eu-central", "intranet"];

/** An installation of any size, as a cluster has it: pools, Services with addresses by turns on the nodes, speakers that report. */
export function sampleInstallation({ nowMs, nodes, services, hasAlarms = false }: SampleOptions): ExplainInput {
  const ago = (seconds: number): string => new Date(nowMs - seconds * 1_000).toISOString();
  const names = Array.from({ length: nodes }, (_, at) => `node-${String(at + 1).padStart(2, "0")}`);
  const isDead = (name: string): boolean => hasAlarms && name === names[DEAD - 1];
  const live = names.filter((name) => !isDead(name));
  const keys = Array.from({ length: services }, (_, at) => keyAt(at));
  const ipAt = (at: number): string =>
    `10.${20 + Math.floor(at / 60_000)}.${Math.floor((at % 60_000) / 240)}.${(at % 240) + 10}`;
  const ownerAt = (at: number): string => live[at % live.length] ?? "";
  const isPending = (at: number): boolean => hasAlarms && at === 3;
  const condition = (type: string, reason: string, seconds: number, more: object = {}) => ({
    type: `hawser.dev/${type}`,
    status: "True",
    reason,
    message: "",
    ...more,
    lastTransitionTime: ago(seconds),
  });
  const full = "no free address is left in the pool public";
  const objects = keys.flatMap(({ namespace, name }, at) => [
    objectOf({
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace, name, ...(isPending(at) ? { annotations: { "metallb.io/address-pool": "public" } } : {}) },
      spec: { type: "LoadBalancer", selector: { app: name }, ports: [{ port: 80, name: "http" }] },
      status: isPending(at)
        ? { conditions: [condition("AddressAssigned", "PoolExhausted", 240, { status: "False", message: full })] }
        : {
            loadBalancer: { ingress: [{ ip: ipAt(at) }] },
            conditions: [
              condition("AddressAssigned", "AddressAssigned", 86_400 + at),
              condition("Announced", "Announced", 86_300),
            ],
          },
    }),
    objectOf({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { namespace, name: `${name}-1`, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080 }],
      endpoints: [0, 1].map((pod) => ({
        addresses: [`10.244.${(at + pod) % 200}.${(at % 250) + 1}`],
        nodeName: names[(at + pod) % names.length],
        conditions: { ready: !(hasAlarms && at === 5) },
      })),
    }),
  ]);
  const pools = [
    { name: "intranet", protocol: "layer2", addresses: [`10.20.0.10-${ipAt(Math.max(services * 2, 300))}`] },
    { name: "public", protocol: "layer2", "auto-assign": false, addresses: ["203.0.113.10-203.0.113.10"] },
    { name: "public-v6", protocol: "layer2", "auto-assign": false, addresses: ["2001:db8:7::/112"] },
  ];
  const taken = objectOf({
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "shop", name: "front-door", annotations: { "metallb.io/address-pool": "public" } },
    spec: { type: "LoadBalancer", ports: [{ port: 443 }] },
    status: {
      loadBalancer: { ingress: [{ ip: "203.0.113.10" }] },
      conditions: [
        condition("AddressAssigned", "AddressAssigned", 400_000),
        condition("Announced", "Announced", 400_000),
      ],
    },
  });
  const doorSlice = objectOf({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace: "shop", name: "front-door-1", labels: { "kubernetes.io/service-name": "front-door" } },
    addressType: "IPv4",
    ports: [{ port: 8443 }],
    endpoints: [{ addresses: ["10.244.9.9"], nodeName: names[0], conditions: { ready: true } }],
  });
  const held = keys.flatMap((_, at) => (isPending(at) ? [] : [{ ip: ipAt(at), owner: ownerAt(at) }]));
  const ownedBy = Map.groupBy([...held, { ip: "203.0.113.10", owner: live[0] ?? "" }], ({ owner }) => owner);
  const takeover = { at: ago(95), cause: "MemberSilent", gained: 12, lost: 0, silentMs: 97 };
  const reports = names.map((node): [string, Fields] => [
    `speaker-${node}`,
    {
      node,
      ready: true,
      standing: "Usable",
      announcing: (ownedBy.get(node) ?? []).map(({ ip }) => ip),
      members: (isDead(node) ? names : live).map((one) => ({ node: one })),
      unheard: [],
      interfaces: ["bond0"],
      reportedAt: ago(isDead(node) ? 130 : 40),
      takeovers: hasAlarms && node === live[0] ? [{ ...takeover, from: names[DEAD - 1], addresses: [ipAt(0)] }] : [],
    },
  ]);
  const members = names.map((node, at): [string, Fields] => [
    `member-${node}`,
    {
      node,
      addresses: [`10.20.255.${at + 1}`],
      keys: [],
      hasNode: true,
      interfaces: [
        {
          name: "bond0",
          mac: `02:00:00:00:00:${(at + 1).toString(16).padStart(2, "0")}`,
          subnets: ["10.20.0.0/14", "203.0.113.0/24"],
          addresses: [],
        },
      ],
    },
  ]);
  const event = (reason: string, seconds: number, message: string, type: "Normal" | "Warning" = "Normal") => ({
    about: { kind: "ConfigMap" as const, namespace: "hawser-system", name: "hawser" },
    type,
    reason,
    message,
    time: ago(seconds),
    first: ago(seconds),
    count: 1,
  });
  const holdings = keys.slice(0, 3).map(({ namespace, name }, at) => ({
    at: ago(600 + at * 300),
    change: "assigned",
    address: ipAt(at),
    service: `${namespace}/${name}`,
  }));
  return {
    nowMs,
    namespace: "hawser-system",
    configMap: "hawser-system/hawser",
    loadBalancerClass: undefined,
    configMaps: [
      objectOf({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { namespace: "hawser-system", name: "hawser" },
        data: { config: JSON.stringify({ "address-pools": pools }) },
      }),
    ],
    otherConfigMaps: [],
    services: [...objects.filter(({ kind }) => kind === "Service"), taken],
    slices: [...objects.filter(({ kind }) => kind === "EndpointSlice"), doorSlice],
    nodes: names.map((name) =>
      objectOf({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name },
        status: { conditions: [{ type: "Ready", status: isDead(name) ? "Unknown" : "True" }] },
      }),
    ),
    namespaces: SPACES.map((name) => objectOf({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    ingresses: [],
    processes: names.map((node) => ({
      node,
      isRunning: true,
      isReady: !isDead(node),
      waitsFor: "",
      runsSinceMs: undefined,
    })),
    reports: new Map(reports),
    members: new Map(members),
    history: new Map([[HISTORY_REPORT, { holdings, announcements: [] }]]),
    leases: new Map([
      [
        "hawser-controller",
        { holder: "hawser-controller-6d9f7b5c4-x2x8v", durationMs: 10_000, renewedMs: nowMs - 2_000 },
      ],
    ]),
    events: [event("ConfigLoaded", 1_900, "3 pools, the configuration is in use")],
    problems: [],
  };
}

/** Routes beside it: hosts that are served, one without an endpoint, one that is closed. */
export function sampleRoutes({ services = [], slices = [], nowMs }: ExplainInput, hasAlarms = false): SeenRoutes {
  const named = services.slice(0, 24).map(({ metadata: { namespace, name } }, at) => {
    const isClosed = hasAlarms && at === 2;
    return objectOf({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: {
        namespace,
        name: `${name}-ingress`,
        annotations: isClosed ? { "nginx.ingress.kubernetes.io/configuration-snippet": "return 403;" } : {},
      },
      spec: {
        ingressClassName: "hawser",
        rules: [
          {
            host: `${name}.${namespace}.example`.slice(-80),
            http: {
              paths: ["/", "/assets/static"].map((path) => ({
                path,
                pathType: "Prefix",
                backend: { service: { name, port: { number: 80 } } },
              })),
            },
          },
        ],
      },
    });
  });
  return seeRoutes(routesInputOf([...services, ...slices, ...named], nowMs));
}

function keyAt(at: number): { readonly namespace: string; readonly name: string } {
  const name = NAMES[at % NAMES.length] ?? "";
  return { namespace: SPACES[at % SPACES.length] ?? "", name: at < NAMES.length ? name : `${name.slice(0, 50)}-${at}` };
}

function objectOf(value: object): KubeObject {
  const parsed = parseObject(value, { kind: "file", file: "sample" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

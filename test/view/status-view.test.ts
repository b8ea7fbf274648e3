import { describe, expect, it } from "vitest";
import { parseObject, type KubeObject } from "#src/model/object.ts";
import { withPlacePrinted } from "#src/model/problem.ts";
import { readSpeakerPod } from "#src/view/speaker-process.ts";
import type { StatusInput } from "#src/view/status-input.ts";
import { type StatusView, viewStatus } from "#src/view/status-view.ts";

const nowMs = Date.parse("2026-11-28T12:00:00Z");
const ago = (seconds: number): string => new Date(nowMs - seconds * 1_000).toISOString();

function objectOf(value: object): KubeObject {
  const parsed = parseObject(value, { kind: "file", file: "test" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const condition = (type: string, status: string, reason: string, message = "") => ({
  type: `hawser.dev/${type}`,
  status,
  reason,
  message,
  lastTransitionTime: ago(600),
});
const assigned = condition("AddressAssigned", "True", "AddressAssigned");
const announced = condition("Announced", "True", "Announced");

interface ServiceOptions {
  readonly ip?: string;
  readonly conditions?: readonly object[];
  readonly spec?: object;
}

function service(
  name: string,
  { ip = "192.0.2.1", conditions = [assigned, announced], spec = {} }: ServiceOptions = {},
) {
  const ingress = ip === "" ? [] : [{ ip }];
  return objectOf({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "shop" },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress }, conditions },
  });
}

function slice(name: string, endpoints: readonly { readonly node: string; readonly ready: boolean }[]) {
  return objectOf({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, namespace: "shop", labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints: endpoints.map(({ node, ready }, index) => ({
      addresses: [`10.0.0.${index + 1}`],
      nodeName: node,
      conditions: { ready },
    })),
    ports: [{ port: 8080 }],
  });
}

const node = (name: string, ready = "True") =>
  objectOf({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    status: { conditions: [{ type: "Ready", status: ready }] },
  });

/** A speaker's pod, as the API server has it. */
function pod(onNode: string, state: object = { running: { startedAt: ago(86_400) } }, ready = "True") {
  return readSpeakerPod(
    objectOf({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `hawser-speaker-${onNode}`, namespace: "hawser-system" },
      spec: { nodeName: onNode },
      status: { phase: "Running", conditions: [{ type: "Ready", status: ready }], containerStatuses: [{ state }] },
    }),
  );
}
const crashing = { waiting: { reason: "CrashLoopBackOff" } };

const configMap = objectOf({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "hawser", namespace: "hawser-system" },
  data: { config: "address-pools: [{name: edge, protocol: layer2, addresses: [192.0.2.1-192.0.2.9]}]" },
});

const names = ["n1", "n2", "n3"];
const member = (name: string, subnet = "192.0.2.0/24") => ({
  node: name,
  addresses: ["192.0.2.250"],
  interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", subnets: [subnet] }],
});
const report = (name: string, more: object = {}) => ({
  node: name,
  ready: true,
  standing: "Usable",
  announcing: name === "n1" ? ["192.0.2.1"] : [],
  members: names.map((one) => ({ node: one })),
  reportedAt: ago(3_600),
  ...more,
});
const byName = (prefix: string, values: readonly { readonly node: string }[]) =>
  new Map(values.map((value) => [`${prefix}-${value.node}`, value as Record<string, unknown>]));

/** A cluster where all is well: three nodes, one Service, n1 announces it. */
const healthy: StatusInput = {
  nowMs,
  namespace: "hawser-system",
  configMap: "hawser-system/hawser",
  loadBalancerClass: undefined,
  configMaps: [configMap],
  services: [service("web")],
  slices: [slice("web", [{ node: "n2", ready: true }])],
  nodes: names.map((name) => node(name)),
  processes: names.map((name) => pod(name)),
  reports: byName(
    "speaker",
    names.map((name) => report(name)),
  ),
  members: byName(
    "member",
    names.map((name) => member(name)),
  ),
  leases: new Map([["hawser-controller", { holder: "c1", durationMs: 10_000, renewedMs: nowMs - 2_000 }]]),
  events: [],
  problems: [],
};
const look = (change: Partial<StatusInput> = {}): StatusView => viewStatus({ ...healthy, ...change });

/** `reason owner spares ready/all served` of the first Service. */
function firstLine({ services: [first] }: StatusView): string {
  const address = first?.addresses[0];
  const endpoints = first?.endpoints === undefined ? "?" : `${first.endpoints.ready}/${first.endpoints.all}`;
  const owner = `${address?.owner ?? "none"}${address?.certain === true ? "" : "?"}`;
  return [
    first?.reason,
    owner,
    address?.spares?.join(",") ?? "?",
    endpoints,
    first?.served ? "served" : "unserved",
  ].join(" ");
}

describe("O1 a Service is shown with its worst reason, its endpoints and its spares", () => {
  const notAnnounced = condition("Announced", "False", "NoEligibleNode", "192.0.2.1: no speaker answers");
  it.each([
    { name: "all is well", change: {}, is: "Announced n1 n2,n3 1/1 served" },
    {
      name: "Announced=False beats AddressAssigned=True",
      change: { services: [service("web", { conditions: [assigned, notAnnounced] })] },
      is: "NoEligibleNode n1 n2,n3 1/1 unserved",
    },
    {
      name: "in whatever order the conditions are",
      change: { services: [service("web", { conditions: [notAnnounced, assigned] })] },
      is: "NoEligibleNode n1 n2,n3 1/1 unserved",
    },
    {
      name: "an orphaned address is announced, and says so",
      change: {
        services: [
          service("web", { conditions: [condition("AddressAssigned", "True", "AddressOrphaned"), announced] }),
        ],
      },
      is: "AddressOrphaned n1 n2,n3 1/1 served",
    },
    {
      name: "no ready endpoint is not served",
      change: { slices: [slice("web", [{ node: "n2", ready: false }])] },
      is: "NoReadyEndpoint n1 n2,n3 0/1 unserved",
    },
    { name: "no endpoint at all is not served", change: { slices: [] }, is: "NoReadyEndpoint n1 n2,n3 0/0 unserved" },
    {
      name: "no speaker announces it, whatever the condition still says",
      change: {
        reports: byName(
          "speaker",
          names.map((name) => report(name, { announcing: [] })),
        ),
      },
      is: "NoEligibleNode none n1,n2,n3 1/1 unserved",
    },
    {
      name: "no speaker announces it yet",
      change: {
        services: [
          service("web", { conditions: [assigned, condition("Announced", "Unknown", "AnnouncementPending")] }),
        ],
        reports: byName(
          "speaker",
          names.map((name) => report(name, { announcing: [] })),
        ),
      },
      is: "AnnouncementPending none n1,n2,n3 1/1 unserved",
    },
    {
      name: "two speakers announce it",
      change: {
        reports: byName(
          "speaker",
          names.map((name) => report(name, { announcing: name === "n3" ? [] : ["192.0.2.1"] })),
        ),
      },
      is: "MultipleOwners n1, n2 n3 1/1 unserved",
    },
    {
      name: "L3 one of two that announce it lost the API server: its report is older than the takeover",
      change: {
        nodes: names.map((name) => node(name, name === "n1" ? "Unknown" : "True")),
        reports: byName(
          "speaker",
          names.map((name) => report(name, { announcing: name === "n3" ? [] : ["192.0.2.1"] })),
        ),
      },
      is: "Announced n2 n3,n1 1/1 served",
    },
    {
      name: "with externalTrafficPolicy Local only nodes with an endpoint are spares",
      change: { services: [service("web", { spec: { externalTrafficPolicy: "Local" } })] },
      is: "Announced n1 n2 1/1 served",
    },
    {
      name: "a node without an interface in the network is not a spare",
      change: { members: byName("member", [member("n1"), member("n2", "198.51.100.0/24"), member("n3")]) },
      is: "Announced n1 n3 1/1 served",
    },
    {
      name: "a Service of another class is not judged",
      change: { services: [service("web", { ip: "", conditions: [], spec: { loadBalancerClass: "other" } })] },
      is: "OtherLoadBalancerClass none? ? 1/1 served",
    },
  ])("$name", ({ change, is }) => {
    if (is.includes("OtherLoadBalancerClass")) {
      const [first] = look(change).services;
      expect([first?.reason, first?.served]).toEqual(["OtherLoadBalancerClass", true]);
    } else expect(firstLine(look(change))).toBe(is);
  });

  it("gives the speakers' own reasons why none announces an address", () => {
    const unowned = [{ addresses: ["192.0.2.1"], reasons: { NoSubnet: 2, NoEndpoint: 1 } }];
    const reports = byName(
      "speaker",
      names.map((name) => report(name, { announcing: [], unowned })),
    );
    expect(look({ reports }).services[0]?.message).toBe(
      "192.0.2.1: no speaker announces it (NoSubnet on 2 nodes, NoEndpoint on 1 node)",
    );
  });

  it("says of a Service without address and condition that no controller has looked at it", () => {
    const [first] = look({ services: [service("web", { ip: "", conditions: [] })] }).services;
    expect([first?.served, first?.reason, first?.message]).toEqual([
      false,
      "",
      "no controller has written its status yet",
    ]);
  });

  it("shows what is not served first", () => {
    const late = service("zz", {
      ip: "",
      conditions: [condition("AddressAssigned", "False", "PoolExhausted", "full")],
    });
    const { services } = look({ services: [service("web"), late] });
    expect(services.map((one) => [one.service, one.served])).toEqual([
      ["shop/zz", false],
      ["shop/web", true],
    ]);
  });
});

describe("O2 the pods of the DaemonSet say which speakers run", () => {
  it("believes no report of a speaker whose pod does not run: all killed means no owner", () => {
    const view = look({ processes: names.map((name) => pod(name, crashing, "False")) });
    expect(firstLine(view)).toBe("NoSpeaker none  1/1 unserved");
    expect(view.speakers.map(({ state, detail, alive, certain }) => [state, detail, alive, certain])).toEqual(
      names.map(() => ["not running", "CrashLoopBackOff", false, true]),
    );
  });

  it("believes no report from before the container started", () => {
    const view = look({ processes: names.map((name) => pod(name, { running: { startedAt: ago(60) } }, "False")) });
    expect(view.speakers.map(({ state }) => state)).toEqual(["no report", "no report", "no report"]);
    expect(firstLine(view)).toBe("NoSpeaker none  1/1 unserved");
  });

  it("marks as not certain what only reports say, where there are no speakers", () => {
    const view = look({ processes: [] });
    expect(firstLine(view)).toBe("Announced n1? n2,n3 1/1 served");
    expect(view.speakers.map(({ state, certain }) => [state, certain])).toEqual(names.map(() => ["up", false]));
  });

  it("shows the age of each fact", () => {
    const [first] = look().services;
    expect([first?.since, look().speakers[0]?.reportedAt, look().leaders[0]?.renewedAt]).toEqual([
      ago(600),
      ago(3_600),
      ago(2),
    ]);
  });
});

describe("O3 what may not be read is unknown, never absent", () => {
  it("of speakers and leaders", () => {
    const view = look({ reports: undefined, members: undefined, leases: undefined, processes: undefined });
    expect(view.unknown).toEqual(["pods", "speakers", "leaders"]);
    expect(firstLine(view)).toBe("Announced none? ? 1/1 served");
    expect(view.speakers.map(({ state, certain }) => [state, certain])).toEqual(names.map(() => ["unknown", false]));
    expect([view.leaders, view.problems]).toEqual([[], []]);
  });

  it("of endpoints", () => {
    const view = look({ slices: undefined });
    expect(firstLine(view)).toBe("Announced n1 n2,n3 ? served");
    expect(view.unknown).toEqual(["endpoints"]);
  });

  it("and a namespace without Hawser is a Problem that names it", () => {
    const nothing = { configMaps: [], processes: [], reports: new Map(), members: new Map(), leases: new Map() };
    const { problems } = look({ ...nothing, namespace: "hawser" });
    expect(problems).toEqual([
      expect.objectContaining({ code: "INSTALLATION_NOT_FOUND", at: { kind: "namespace", name: "hawser" } }),
    ]);
  });
});

describe("O4 every Node is listed, and so is the lack of a leader", () => {
  it("with the state of its speaker", () => {
    const view = look({
      nodes: ["n0", ...names, "n4"].map((name) => node(name, name === "n3" ? "Unknown" : "True")),
      processes: [
        pod("n1"),
        pod("n2", crashing, "False"),
        pod("n3"),
        pod("n4", { running: { startedAt: ago(5) } }, "False"),
      ],
      reports: byName("speaker", [report("n1", { members: [{ node: "n1" }] }), report("n2"), report("n3")]),
    });
    expect(view.speakers.map(({ node: name, state, detail }) => `${name} ${state} ${detail}`)).toEqual([
      "n0 no speaker ",
      "n1 up ",
      "n2 not running CrashLoopBackOff",
      "n3 silent Node not Ready",
      "n4 no report ",
    ]);
  });

  it.each([
    { name: "no Lease", leases: new Map(), leads: false, why: "no controller holds the Lease" },
    {
      name: "a Lease that was given back",
      leases: new Map([["hawser-controller", { holder: "", durationMs: 1_000, renewedMs: nowMs }]]),
      leads: false,
      why: "no controller holds the Lease",
    },
    {
      name: "a Lease that was not renewed",
      leases: new Map([["hawser-controller", { holder: "c1", durationMs: 10_000, renewedMs: nowMs - 60_000 }]]),
      leads: false,
      why: `c1 last renewed it at ${ago(60)}`,
    },
    { name: "a Lease that is held", leases: healthy.leases, leads: true, why: undefined },
  ])("$name", ({ leases, leads, why }) => {
    const view = look({ leases });
    expect(view.leaders.map((one) => one.leads)).toEqual([leads]);
    expect(view.problems.find(({ code }) => code === "CONTROLLER_NOT_LEADING")?.why).toBe(why);
  });
});

describe("O5 takeovers and what speakers found are shown", () => {
  const problem = {
    code: "HEARTBEAT_KEY_DIFFERS",
    where: 'Secret "x"',
    what: "Cannot hear n3",
    why: "its key differs",
    fix: "Give all speakers one key",
    severity: "error",
  };
  const takeover = (at: number) => ({
    at: ago(at),
    cause: "MemberSilent",
    from: "n2",
    gained: 1,
    lost: 0,
    addresses: ["192.0.2.1"],
  });

  it("the latest first, those of a dead speaker too, at most ten", () => {
    const reports = [
      report("n1", { takeovers: [30, 50].map(takeover) }),
      report("n2", { takeovers: [10, 40, 60, 70, 80, 90, 100, 110].map(takeover) }),
      report("n3", { takeovers: [20].map(takeover) }),
    ];
    const { takeovers } = look({
      reports: byName("speaker", reports),
      processes: [pod("n1"), pod("n2", crashing), pod("n3")],
    });
    expect(takeovers.map(({ node: name, at }) => `${name} ${at}`).slice(0, 4)).toEqual([
      `n2 ${ago(10)}`,
      `n3 ${ago(20)}`,
      `n1 ${ago(30)}`,
      `n2 ${ago(40)}`,
    ]);
    expect(takeovers).toHaveLength(10);
  });

  it("a problem that several speakers report once, with their nodes, and whom they do not hear", () => {
    const reports = [
      report("n1", { problems: [problem], unheard: ["n3"] }),
      report("n2", { problems: [problem] }),
      report("n3"),
    ];
    const view = look({ reports: byName("speaker", reports) });
    expect(view.problems.map(withPlacePrinted)).toEqual([{ ...problem, where: 'speaker on n1, n2: Secret "x"' }]);
    expect(view.speakers[0]?.unheard).toEqual(["n3"]);
  });
});

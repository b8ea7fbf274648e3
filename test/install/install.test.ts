import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from "vitest";
import { between } from "#lab/probes/gap.ts";
import type { AuditEvent, Grant } from "#lab/install/audit.ts";
import { refusals, unusedPermissions } from "#lab/install/audit.ts";
import { grantsTo } from "#lab/install/grants.ts";
import { whyNoInstall } from "#lab/install/why-no-install.ts";
import { webApplication } from "#lab/install/web-application.ts";
import { whyNoHelm } from "#lab/helm/build-helm.ts";
import { until } from "#lab/rack/until.ts";
import { CHART_PATH, previousChart } from "./previous-chart.ts";
import { commandsOf, NAMESPACE, POOL_SAMPLE, PROBE_EVERY_MS, World } from "./world.ts";

const reason = await whyNoInstall();
if (reason !== undefined) console.log(`skipped, no real nodes can be had here: ${reason}`);

const noHelm = whyNoHelm();
if (reason === undefined && noHelm !== undefined) console.log(`skipped, the chart is not installed: ${noHelm}`);

/** The audit says "patch", yet the API server also asks for these: server-side apply of a Lease that is not there yet. */
const ASKED_FOR_ONLY = ["hawser-speaker: create leases.coordination.k8s.io (hawser-system)"];
const DEAD_AFTER_MS = 2_000;
/** Requests a crash may cost: 8 seconds of them, where speakers need two and Kubernetes alone 20. */
const MOST_LOST_BY_A_CRASH = 8_000 / PROBE_EVERY_MS;
/** Without a second SYN: what is asked while nobody answers is lost. */
const ONE_SYN_MS = 800;
const NODE_TIMEOUT_MS = 120_000;
const ON_NODES = { "example.com/runs": "web" };

/** Asks for a pool that does not exist. */
const hopeless = `apiVersion: v1
kind: Service
metadata: { name: hopeless, annotations: { hawser.dev/address-pool: nowhere } }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80 }] }
`;
/** Asks for a guard that Hawser does not have. */
const closed = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: closed, annotations: { nginx.ingress.kubernetes.io/auth-type: basic } }
spec:
  ingressClassName: hawser
  rules:
  - host: closed.example
    http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;
const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  ingressClassName: hawser
  tls: [{ hosts: [web.example], secretName: web-tls }]
  rules:
  - host: web.example
    http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;

const policy = `apiVersion: hawser.dev/v1alpha1
kind: HTTPPolicy
metadata: { name: web }
spec:
  targetRefs: [{ kind: Ingress, name: web }]
  settings: { proxy-body-size: 8m }
`;

describe.skipIf(reason !== undefined)("Hawser, installed on a cluster of three nodes", () => {
  let world: World;
  let grants: readonly Grant[] = [];
  let audit: readonly AuditEvent[] = [];
  let certificate: string;

  beforeAll(async () => {
    world = await World.start();
    for (const node of world.cluster.nodes) await world.kubectl("label", "node", node.name, "example.com/runs=web");
  });
  afterAll(() => world?.close());
  beforeEach(() => onTestFailed(async () => console.log(await world.describe())));

  async function noteGrants(): Promise<void> {
    grants = [...grants, ...(await grantsTo(NAMESPACE, world.cluster))];
  }

  /** Runs what removes Hawser. Its permissions go before its last pod does, so what is refused from here on says nothing. */
  async function uninstall(lines: string): Promise<void> {
    audit = [...audit, ...world.takeAudit()];
    await world.shell(lines);
    world.takeAudit();
  }

  it("is installed by the commands of README.md: all pods become Ready without a restart", async () => {
    const commands = commandsOf("Install on your cluster");
    expect(commands.length).toBeGreaterThan(0);
    for (const lines of commands) await world.shell(lines);
    await world.untilRolledOut();
    const restarts = await world.hawser(
      "get",
      "pods",
      "--output=jsonpath={.items[*].status.containerStatuses[*].restartCount}",
    );
    expect(new Set(restarts.split(" "))).toEqual(new Set(["0"]));
    await noteGrants();
    expect(new Set(grants.map(({ user }) => user.split(":").at(-1)))).toEqual(
      new Set(["hawser-controller", "hawser-speaker", "hawser-ingress"]),
    );
  });

  it("takes 70 MB of RSS at most for each of its programs, and 25 MB more for each worker beyond the first", async () => {
    const said = await world.hawser("logs", "deployment/hawser-ingress");
    const workers = Math.max(1, ...Array.from(said.matchAll(/"worker":(\d+)/g), ([, worker]) => Number(worker)));
    const boundOf = (program = ""): number => 70e6 + (program === "ingress" ? (workers - 1) * 25e6 : 0);
    let seen: readonly string[] = [];
    const areSmall = async (): Promise<boolean> => {
      seen = await world.residentKb();
      return seen.every((line) => {
        const [program, kb] = line.split(" ");
        return Number(kb) * 1_024 <= boundOf(program);
      });
    };
    await until("what the start took is handed back", areSmall, { lastSeen: () => seen });
    expect(new Set(seen.map((line) => line.split(" ")[0]))).toEqual(new Set(["controller", "speaker", "ingress"]));
  });

  it("gives a Service an address at which a client on the LAN gets its pages", async () => {
    await world.apply(webApplication({ name: "web", replicas: 3, nodeSelector: ON_NODES }));
    const ip = await world.untilAddress("service", "web");
    expect(ip).toMatch(/^192\.0\.2\.2[012]\d$/);
    await world.probe("service", ip);
  });

  it("brings the same pages through its ingress, and says at which address in the Ingress", async () => {
    await world.apply(ingress);
    await world.apply(policy);
    const ip = await world.untilAddress("service", "hawser-ingress", NAMESPACE);
    await world.probe("ingress", ip, { host: "web.example" });
    expect(await world.untilAddress("ingress", "web")).toBe(ip);
    certificate = await world.addCertificate("web-tls", "web.example");
    const ask = async (): Promise<boolean> => (await world.secureHead(ip, "web.example", certificate)).status === 200;
    await until("the page comes by HTTPS, with the certificate of the Secret", ask);
  });

  it("says in an Event why a Service gets no address, and why an Ingress is not served", async () => {
    await world.apply(hopeless);
    await world.apply(closed);
    await untilEvent("hopeless", "1 .*nowhere");
    await untilEvent("closed", "1 .*auth-type");
  });

  /** Resolves when a line `COUNT MESSAGE` of the Events about an object matches. */
  async function untilEvent(about: string, pattern: string): Promise<void> {
    const selector = `--field-selector=involvedObject.name=${about},type=Warning`;
    const lines = '--output=jsonpath={range .items[*]}{.count} {.message}{"\\n"}{end}';
    let seen = "";
    const look = async (): Promise<boolean> => {
      seen = await world.kubectl("get", "events", selector, lines);
      return new RegExp(`^${pattern}`, "m").test(seen);
    };
    await until(`an Event about ${about}: ${pattern}`, look, { timeoutMs: 60_000, lastSeen: () => seen });
  }

  it("lets an operator change an option of the speakers", async () => {
    // Three nodes share this machine with whatever else it does: a speaker that waits for a processor is not dead yet.
    await world.hawser("set", "env", "daemonset/hawser-speaker", `HAWSER_DEAD_AFTER=${DEAD_AFTER_MS}`);
    await world.untilRolledOut();
    await world.untilAllGood();
  });

  it("writes a header field that a ConfigMap names into pages, where the operator allows it", async () => {
    await world.hawser("set", "env", "deployment/hawser-ingress", "HAWSER_ALLOWED_RESPONSE_HEADERS=x-shop");
    await world.untilRolledOut();
    await world.kubectl("create", "configmap", "web-headers", "--from-literal=X-Shop=open");
    const annotation = "nginx.ingress.kubernetes.io/custom-headers=default/web-headers";
    await world.kubectl("annotate", "ingress", "web", annotation);
    const ip = await world.untilAddress("service", "hawser-ingress", NAMESPACE);
    const isThere = async (): Promise<boolean> =>
      (await world.secureHead(ip, "web.example", certificate)).headers["x-shop"] === "open";
    await until("pages have the field", isThere, { timeoutMs: 60_000 });
  });

  it.each(["deployment/hawser-controller", "daemonset/hawser-speaker", "deployment/hawser-ingress"])(
    "loses no request while %s is restarted",
    async (workload) => {
      const lost = await world.lostDuring(async () => {
        await world.hawser("rollout", "restart", workload);
        await world.hawser("rollout", "status", workload, "--timeout=120s");
      });
      expect(lost).toEqual({ service: [], ingress: [] });
    },
  );

  it("counts on an Event that a program before it wrote, when its cause comes back or is there still", async () => {
    const ask = (pool: string): Promise<string> =>
      world.kubectl("annotate", "service", "hopeless", `hawser.dev/address-pool=${pool}`, "--overwrite");
    await ask("elsewhere");
    await untilEvent("hopeless", "1 .*elsewhere");
    await ask("nowhere");
    await untilEvent("hopeless", "2 .*nowhere");
    await untilEvent("closed", "[2-9] .*auth-type");
  });

  it("loses no request while the node that answers for the address is drained", async () => {
    const owner = await world.ownerOf(await world.untilAddress("service", "web"));
    const lost = await world.lostDuring(async () => {
      await world.kubectl("drain", owner, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s");
      await world.untilRolledOut();
    });
    expect(lost).toEqual({ service: [], ingress: [] });
    await world.kubectl("uncordon", owner);
  });

  it("takes over the addresses of a node that dies, and takes it in again", async () => {
    const ip = await world.untilAddress("service", "web");
    const name = await world.ownerOf(ip);
    // Pods on a dead node count as good ones until Kubernetes notices: none of the application's shall be there.
    await world.kubectl("label", "node", name, "example.com/runs-");
    await world.kubectl("rollout", "restart", "deployment/web");
    await world.kubectl("rollout", "status", "deployment/web", "--timeout=120s");
    const node = world.cluster.node(name);
    const { rack } = world.cluster;
    const prober = await world.startProber(ip, { timeoutMs: ONE_SYN_MS });
    const fromNs = process.hrtime.bigint();
    await rack.cutSilent(node.host);
    await node.kill();
    await prober.waitForGood(20);
    const lost = between(await prober.stop(), fromNs, process.hrtime.bigint()).filter(
      ({ failure }) => failure !== undefined,
    );
    console.log(`a node that dies costs ${lost.length} requests, one every ${PROBE_EVERY_MS} ms`);
    expect(lost.length).toBeLessThanOrEqual(MOST_LOST_BY_A_CRASH);
    // The ingress on the dead node is asked until Kubernetes notices that the node is dead.
    await untilNode(name, false);
    await world.untilAllGood();
    await rack.restore(node.host);
    await world.cluster.restart(node);
    await untilNode(name, true);
    await world.untilRolledOut();
    await world.kubectl("label", "node", name, "example.com/runs=web");
  });

  async function untilNode(name: string, isReady: boolean): Promise<void> {
    const status = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
    const look = async (): Promise<boolean> =>
      ((await world.kubectl("get", "node", name, `--output=${status}`)) === "True") === isReady;
    await until(`${name} is ${isReady ? "Ready" : "not Ready"}`, look, { timeoutMs: NODE_TIMEOUT_MS });
  }

  const [upgrading = "", uninstalling = ""] = commandsOf("Upgrade and uninstall", "docs/install.md");

  it("O13 loses no request and no address while it is upgraded to another build by the command of docs/install.md", async () => {
    const before = await world.untilAddress("service", "web");
    const [image = "", ...others] = await world.images();
    expect([image, others]).toEqual([expect.stringMatching(/^localhost\/hawser:[0-9.]+-[0-9a-f]{10}$/), []]);
    const next = await world.offerBuild(image);
    const lost = await world.lostDuring(async () => {
      await world.shell(upgrading);
      await world.untilRolledOut();
    });
    expect(lost).toEqual({ service: [], ingress: [] });
    expect(await world.untilAddress("service", "web")).toBe(before);
    await until("all pods run the other build", async () => (await world.images()).join() === next);
  });

  it("is uninstalled by the command of docs/install.md and leaves no object, and no finalizer on a Service", async () => {
    await world.stopProbing();
    await uninstall(uninstalling);
    expect(await world.leftovers()).toEqual([]);
    // Nobody has to be asked before the Service can be deleted.
    expect(await world.kubectl("get", "service", "web", "--output=jsonpath={.metadata.finalizers}")).toBe("");
  });

  it.each([
    { way: "daemonset-hostnetwork", port: 80 },
    { way: "deployment-nodeport", port: 30_080 },
  ])("exposes its ingress by $way too: pages come from a node's port $port", async ({ way, port }) => {
    await world.kubectl("label", "node", "n1", "n2", "hawser.dev/ingress=true", "--overwrite");
    await world.shell(`kubectl apply -k install/${way}`);
    await world.shell(`kubectl apply -f ${POOL_SAMPLE}`);
    await world.untilRolledOut();
    await noteGrants();
    const addresses = world.cluster.nodes.slice(0, 2).map(({ host }) => host.ipv4);
    for (const ip of addresses) await (await world.startProber(ip, { port, host: "web.example" })).stop();
    await until("the Ingress names nodes", async () => addresses.includes(await world.untilAddress("ingress", "web")), {
      timeoutMs: 60_000,
    });
    await uninstall(`kubectl delete -k install/${way}`);
    expect(await world.leftovers()).toEqual([]);
  });

  const CHART_PAGE = "docs/helm.md";
  const hasNoHelm = noHelm !== undefined;

  it.skipIf(hasNoHelm)("D is installed by the commands of docs/helm.md, by the chart before this one", async () => {
    const [install = ""] = commandsOf("Install", CHART_PAGE);
    const before = previousChart(world.cluster.directory);
    if (before === undefined) console.log("there is no chart before this one: it is upgraded to itself");
    expect(install).toContain(` ${CHART_PATH} `);
    await world.shell(install.replaceAll(` ${CHART_PATH} `, ` ${before ?? CHART_PATH} `));
    await world.shell(`kubectl apply -f ${POOL_SAMPLE}`);
    await world.untilRolledOut();
    await noteGrants();
    await world.probe("service", await world.untilAddress("service", "web"));
    const ip = await world.untilAddress("service", "hawser-ingress", NAMESPACE);
    await world.probe("ingress", ip, { host: "web.example" });
  });

  const heartbeatKey = (): Promise<string> =>
    world.hawser("get", "secret", "hawser-heartbeat", "--output=jsonpath={.data.key}");

  it.skipIf(hasNoHelm)(
    "D loses no request, no address and no key while it is upgraded by Helm, and rolled back",
    async () => {
      const [upgrade = ""] = commandsOf("Upgrade", CHART_PAGE);
      const [rollback = ""] = commandsOf("Roll back", CHART_PAGE);
      const [image = "", ...others] = await world.images();
      expect(others).toEqual([]);
      const before = [await world.untilAddress("service", "web"), await heartbeatKey()];
      const next = await world.offerBuild(image);
      for (const [lines, wanted] of [
        [upgrade, next],
        [rollback, image],
      ] as const) {
        const lost = await world.lostDuring(async () => {
          await world.shell(lines);
          await world.untilRolledOut();
        });
        expect(lost).toEqual({ service: [], ingress: [] });
        await until(`all pods run ${wanted}`, async () => (await world.images()).join() === wanted);
        expect([await world.untilAddress("service", "web"), await heartbeatKey()]).toEqual(before);
      }
    },
  );

  it.skipIf(hasNoHelm)("D is uninstalled by the commands of docs/helm.md and leaves no object", async () => {
    await world.stopProbing();
    await uninstall(commandsOf("Uninstall", CHART_PAGE).join("\n"));
    expect(await world.leftovers()).toEqual([]);
  });

  it("has needed each of its permissions, and never one that it does not have", () => {
    expect(audit.length).toBeGreaterThan(0);
    expect(refusals(audit)).toEqual([]);
    // The cluster is without MetalLB's kinds: test/cluster/optional-kinds.test.ts has them, and the rights to them.
    const unused = unusedPermissions(grants, audit).filter((right) => !right.includes(".metallb.io"));
    expect(unused).toEqual(ASKED_FOR_ONLY);
  });
});

// Controllers as processes on a real API server: what they do to Services, and how many requests it takes them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Cluster, type ClusterOptions } from "#lab/cluster/cluster.ts";
import { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";
import { parseIp } from "#src/ip/address.ts";
import { printAddresses } from "#src/model/print-addresses.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import { conditionOf, ingressOf } from "#src/model/service-status.ts";
import { createLogger } from "#src/process/log.ts";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import type { Source } from "#src/source/source.ts";

const CONTROLLER = fileURLToPath(new URL("../../controller/main.ts", import.meta.url));
const NAMESPACE = "hawser-system";
const SHOP = "shop";
const SERVICES = `/api/v1/namespaces/${SHOP}/services`;
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
/** Generous: eight programs may share two cores. */
export const PATIENCE = { timeoutMs: 100_000 } as const;
const AT_ONCE = 32;

/** A controller's process. */
export interface Replica {
  readonly process: RackProcess;
  /** The value of a metric line, such as `hawser_controller_leader`. */
  metric(line: string): Promise<number>;
  leads(): Promise<boolean>;
}

/** Writes that the API server answered, whatever its answer. */
export interface Writes {
  /** Attempts, with those that came too late. */
  readonly services: number;
  /** Of these: the object had changed, and the API server carried nothing out. */
  readonly tooLate: number;
  readonly events: number;
}

interface WrittenEvent {
  readonly reason: string;
  readonly type: string;
  readonly count: number;
  readonly source: { readonly component?: string };
}

export class ControllerWorld {
  readonly cluster: Cluster;
  readonly #directory: string;
  readonly #closers: (() => Promise<unknown>)[] = [];
  /** Watches: asking again and again for a thousand Services would be the load of the test. */
  readonly #eyes: Source;
  #replicas = 0;

  private constructor(cluster: Cluster, directory: string) {
    this.cluster = cluster;
    this.#directory = directory;
    this.#eyes = this.#openSource();
  }

  /** A cluster with a pool of 4,096 addresses. */
  static async start({ users = [] }: Pick<ClusterOptions, "users"> = {}): Promise<ControllerWorld> {
    const directory = mkdtempSync(join(tmpdir(), "hawser-controller-"));
    // The brakes of the API server are another test's matter.
    const cluster = await Cluster.start({ directory, users });
    const world = new ControllerWorld(cluster, directory);
    await world.#eyes.open(["Service"], { onChange: () => undefined, onProblems: () => undefined });
    for (const name of [NAMESPACE, SHOP]) await world.post("/api/v1/namespaces", { metadata: { name } });
    const config = "address-pools: [{ name: edge, protocol: layer2, addresses: [192.0.0.0/20] }]";
    await world.post(`/api/v1/namespaces/${NAMESPACE}/configmaps`, { metadata: { name: "hawser" }, data: { config } });
    return world;
  }

  async post(path: string, body: unknown): Promise<void> {
    await this.cluster.api.must({ path, body });
  }

  /** Starts a controller; resolves when it is ready, as leader or as standby. */
  async startReplica(...options: readonly string[]): Promise<Replica> {
    const admin = ["--admin-address", "127.0.0.1", "--admin-port", "0"];
    const source = ["--kubeconfig", this.cluster.kubeconfigFile, "--namespace", NAMESPACE];
    const name = `controller-${++this.#replicas}`;
    const running = new RackProcess({ name, command: [process.execPath, CONTROLLER, ...source, ...admin, ...options] });
    this.#closers.push(async () => running.kill());
    await running.waitForLine(/"msg":"ready"/, PATIENCE.timeoutMs);
    const listening = JSON.parse(await running.waitForLine(/"msg":"listening"/)) as { readonly port: number };
    const metric = async (line: string): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${listening.port}/metrics`)).text();
      return valueOf(text, line) ?? Number.NaN;
    };
    return { process: running, metric, leads: async () => (await metric("hawser_controller_leader")) === 1 };
  }

  async untilLeads(replica: Replica): Promise<void> {
    await until(`${replica.process.name} leads`, async () => replica.leads(), PATIENCE);
  }

  /** Nobody has to wait for the end of a dead leader's Lease any more. */
  async freeLease(): Promise<void> {
    await this.cluster.api.request({ method: "DELETE", path: `${LEASES}/hawser-controller` });
  }

  /** Creates Services of type LoadBalancer, many at once. */
  async create(names: readonly string[], extra: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await inParallel(names, async (name) => {
      const spec = { type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }], ...extra };
      await this.post(SERVICES, { metadata: { name }, spec });
    });
  }

  async remove(names: readonly string[]): Promise<void> {
    await inParallel(names, async (name) => this.cluster.api.must({ method: "DELETE", path: `${SERVICES}/${name}` }));
  }

  /** All Services of the tests, by name. */
  async services(): Promise<ReadonlyMap<string, KubeObject>> {
    const { items } = await this.cluster.api.must<{ items: KubeObject[] }>({ path: SERVICES });
    return new Map(items.map((item) => [item.metadata.name, item]));
  }

  /** The addresses of Services by name; those without are left out. Throws if one address is on two. */
  async addresses(): Promise<ReadonlyMap<string, string>> {
    return distinctAddresses((await this.services()).values());
  }

  async untilAssigned(count: number): Promise<ReadonlyMap<string, string>> {
    await until(`${count} Services have addresses`, () => this.#count((one) => addressesOf(one).length > 0) >= count, {
      ...PATIENCE,
      lastSeen: () => this.#count((one) => addressesOf(one).length > 0),
    });
    return this.addresses();
  }

  async untilAnnounced(count: number): Promise<void> {
    const isAnnounced = (one: KubeObject) => conditionOf(one, "hawser.dev/Announced")?.["status"] === "True";
    await until(`${count} Services are announced`, () => this.#count(isAnnounced) >= count, {
      ...PATIENCE,
      lastSeen: () => this.#count(isAnnounced),
    });
  }

  #count(holds: (object: KubeObject) => boolean): number {
    return [...this.#eyes.list("Service").values()].filter(holds).length;
  }

  /** Waits until so many Events of the controller about the Services stand there; the API server writes some too. */
  async untilEvents(count: number): Promise<void> {
    const path = `/api/v1/namespaces/${SHOP}/events?fieldSelector=source=hawser-controller`;
    const isThere = async () => {
      const { items } = await this.cluster.api.must<{ items: readonly unknown[] }>({ path });
      return items.length >= count;
    };
    await until(`${count} Events`, isThere, PATIENCE);
  }

  /** The versions of all Services: equal ones, nothing was written. */
  async versions(): Promise<Readonly<Record<string, string | undefined>>> {
    const services = await this.services();
    return Object.fromEntries([...services].map(([name, { metadata }]) => [name, metadata.resourceVersion]));
  }

  /** The Events of the controllers, in all namespaces. */
  async events(): Promise<readonly WrittenEvent[]> {
    const path = "/api/v1/events";
    const { items } = await this.cluster.api.must<{ items: WrittenEvent[] }>({ path });
    return items.filter(({ source }) => source.component === "hawser-controller");
  }

  /** What the API server counted: patches of Services, and writes of core Events; its own are of events.k8s.io. */
  async writes(): Promise<Writes> {
    const { body } = await this.cluster.api.request({ path: "/metrics" });
    const requests = String(body).match(/^apiserver_request_total\{.*$/gm) ?? [];
    const sum = (...parts: readonly string[]) =>
      requests
        .filter((line) => parts.every((part) => line.includes(part)))
        .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(" "))), 0);
    const of = (resource: string, ...verbs: readonly string[]) =>
      verbs.reduce((total, verb) => total + sum(`group="",resource="${resource}"`, `verb="${verb}"`), 0);
    return {
      services: of("services", "PATCH", "PUT"),
      tooLate: sum('group="",resource="services"', 'code="409"'),
      events: of("events", "POST", "PATCH", "PUT"),
    };
  }

  /** Another program's view of the API server. */
  source(): Source {
    const source = this.#openSource();
    this.#closers.push(async () => source.close());
    return source;
  }

  #openSource(): Source {
    const config = readKubeconfig(this.cluster.kubeconfigFile);
    if (!config.ok) throw new Error(config.problems[0]?.why);
    const log = createLogger({ component: "test", level: "silent" });
    return openKubernetesSource({ config: config.value, namespace: NAMESPACE, component: "test", log });
  }

  /** Reports as a speaker does that answers for whatever is assigned: a Lease, at most once a second. */
  async startReporting(node: string): Promise<Source> {
    const source = this.source();
    const report = () => {
      const assigned = [...source.list("Service").values()].flatMap((object) => addressesOf(object));
      const announcing = printAddresses(assigned.flatMap((text) => parseIp(text) ?? []));
      void source.report(`speaker-${node}`, { node, ready: true, announcing }).catch(() => undefined);
    };
    await source.open(["Service"], { onChange: report, onProblems: () => undefined });
    report();
    return source;
  }

  /** Ends all controllers and programs of one test, and removes its Services, Events and Leases. */
  async clear(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
    for (const path of [LEASES, `/api/v1/namespaces/${SHOP}/events`, SERVICES])
      await this.cluster.api.must({ method: "DELETE", path });
  }

  async stop(): Promise<void> {
    await this.#eyes.close();
    await this.cluster.stop();
    rmSync(this.#directory, { recursive: true });
  }
}

/** Watches all the time that no address is on two Services, and none moves. */
export class Witness {
  readonly faults: string[] = [];
  readonly #seen = new Map<string, string>();
  readonly #source: Source;

  private constructor(source: Source) {
    this.#source = source;
  }

  static async start(world: ControllerWorld): Promise<Witness> {
    const source = world.source();
    const witness = new Witness(source);
    await source.open(["Service"], { onChange: () => witness.#look(), onProblems: () => undefined });
    witness.#look();
    return witness;
  }

  #look(): void {
    const holders = new Map<string, string>();
    for (const [key, object] of this.#source.list("Service")) {
      const [ip = ""] = addressesOf(object);
      const identity = `${key} ${object.metadata.uid}`;
      const before = this.#seen.get(identity) ?? "";
      if (before !== "" && ip !== before) this.faults.push(`${key} moved from ${before} to "${ip}"`);
      if (ip !== "" && holders.has(ip)) this.faults.push(`${ip} is on ${holders.get(ip)} and ${key}`);
      this.#seen.set(identity, ip);
      holders.set(ip, key);
    }
  }
}

export function named(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}${n}`);
}

function addressesOf(object: KubeObject): readonly string[] {
  return ingressOf(object).flatMap(({ ip }) => (typeof ip === "string" ? [ip] : []));
}

function distinctAddresses(objects: Iterable<KubeObject>): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>();
  const holders = new Map<string, string>();
  for (const object of objects) {
    for (const ip of addressesOf(object)) {
      const holder = holders.get(ip);
      if (holder !== undefined) throw new Error(`${ip} is on ${holder} and ${keyOf(object.metadata)}`);
      holders.set(ip, keyOf(object.metadata));
      addresses.set(object.metadata.name, ip);
    }
  }
  return addresses;
}

async function inParallel(names: readonly string[], run: (name: string) => Promise<unknown>): Promise<void> {
  const left = names.values();
  const worker = async () => {
    for (const name of left) await run(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function valueOf(text: string, line: string): number | undefined {
  const found = text.split("\n").find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

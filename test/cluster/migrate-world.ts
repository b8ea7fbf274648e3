// A cluster with MetalLB in it, and a shell in which the printed procedure is played.
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { V1NodeList, V1PodList } from "@kubernetes/client-node";
import { Cluster } from "#lab/cluster/cluster.ts";
import { Kubelets } from "#lab/kubelet/kubelets.ts";
import type { ImageProgram } from "#lab/rack/image-program.ts";
import { Rack } from "#lab/rack/rack.ts";
import type { CommandResult } from "#lab/rack/run-command.ts";
import { until } from "#lab/rack/until.ts";
import { conditionOf, ingressOf } from "#src/model/service-status.ts";
import type { KubeObject } from "#src/model/object.ts";
import { config } from "#test/config/kustomization.ts";
import { writeFileIn } from "#test/support/write-file-in.ts";
import { PATIENT } from "./migrate-patience.ts";
import { typedCommand } from "./typed-command.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const ASKER = fileURLToPath(new URL("../support/arp-asker.ts", import.meta.url));
export const SERVICES = "/api/v1/namespaces/shop/services";

/** The MetalLB that Hawser takes the place of. */
export interface FormerMetallb {
  readonly title: string;
  /** Its configuration is in custom resources, which its webhooks check. */
  readonly hasResources: boolean;
  /** It has AddressPools, which are converted. */
  readonly isConverted: boolean;
  /** Its own programs run; else its objects and statuses are made by hand, and nothing answers for the addresses. */
  readonly isReal: boolean;
  /** The name under which it writes statuses. */
  readonly writer: string;
  /** What its two images run. */
  readonly programs: () => readonly ImageProgram[];
  /** Installs it beside a Deployment `shop/web`, with Services of the namespace `shop`; resolves when all of them have their addresses. */
  readonly install: (world: MigrateWorld) => Promise<void>;
}

interface Changed {
  readonly type: string;
  readonly object: KubeObject & { readonly metadata: { readonly managedFields?: readonly ManagedField[] } };
}

/** The API server leaves out annotations where there are none. */
interface Written extends Omit<KubeObject["metadata"], "annotations"> {
  readonly annotations?: Readonly<Record<string, string>>;
}

interface ManagedField {
  readonly manager?: string;
  readonly fieldsV1?: unknown;
}

export class MigrateWorld {
  readonly cluster: Cluster;
  readonly rack: Rack;
  readonly #kubelets: Kubelets;
  readonly #directory: string;
  readonly #closing = new AbortController();
  /** What MetalLB left: the addresses of each Service, by its name. */
  left: ReadonlyMap<string, readonly string[]> = new Map();
  /** What was seen of a Service and should not be. */
  readonly faults: string[] = [];
  /** How many versions of Services were seen. */
  seen = 0;

  private constructor(parts: { rack: Rack; cluster: Cluster; kubelets: Kubelets; directory: string }) {
    this.rack = parts.rack;
    this.cluster = parts.cluster;
    this.#kubelets = parts.kubelets;
    this.#directory = parts.directory;
  }

  static async start(metallb: FormerMetallb): Promise<MigrateWorld> {
    const directory = mkdtempSync(join(tmpdir(), "hawser-migrate-"));
    const rack = await Rack.build({ nodes: 3, controlPlane: true });
    const apiServerFlags = ["--enable-aggregator-routing=true"];
    const place = { directory: join(directory, "cluster"), host: rack.controlPlane };
    const cluster = await Cluster.start({ ...place, controllerManager: true, apiServerFlags });
    const programs = [{ image: "hawser", command: [process.execPath, CLI] }, ...metallb.programs()];
    const kubelets = await Kubelets.start({ cluster, rack, programs });
    // Where README.md has it after `npm run image`.
    symlinkSync(join(config, "expose"), join(directory, "install"));
    const world = new MigrateWorld({ rack, cluster, kubelets, directory });
    await world.#openWayToPods();
    await world.#installShop();
    await metallb.install(world);
    await world.#watch();
    return world;
  }

  /** What people have there before: a web application. */
  async #installShop(): Promise<void> {
    const { api } = this.cluster;
    await api.must({ path: "/api/v1/namespaces", body: { metadata: { name: "shop" } } });
    const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web" }] } };
    const spec = { replicas: 1, selector: { matchLabels: { app: "web" } }, template };
    await api.must({ path: "/apis/apps/v1/namespaces/shop/deployments", body: { metadata: { name: "web" }, spec } });
    await this.untilRunning("shop", 1);
  }

  /**
   * The API server reaches the webhooks of pods: it asks their endpoints, and its host knows the way to them. Clusters do
   * the same by their network plug-in.
   */
  async #openWayToPods(): Promise<void> {
    const { items } = await this.cluster.api.must<V1NodeList>({ path: "/api/v1/nodes" });
    for (const { metadata, spec } of items) {
      const node = this.rack.host(metadata?.name ?? "");
      const added = await this.rack.controlPlane.run(["ip", "route", "add", spec?.podCIDR ?? "", "via", node.ipv4]);
      if (added.code !== 0) throw new Error(added.stderr);
    }
  }

  /** Looks at every version of every Service from now on. */
  async #watch(): Promise<void> {
    const { api } = this.cluster;
    const list = await api.must<{ metadata: { resourceVersion: string }; items: KubeObject[] }>({ path: SERVICES });
    const before = new Map(list.items.map((object) => [object.metadata.name, object]));
    this.left = new Map(
      list.items.map((object) => [object.metadata.name, ingressOf(object).map(({ ip }) => String(ip))]),
    );
    const take = (event: unknown): void => {
      const { type, object } = event as Changed;
      if (type === "BOOKMARK") return;
      this.seen += 1;
      this.faults.push(...faultsOf(type, object, before.get(object.metadata.name)));
    };
    const path = `${SERVICES}?watch=1&timeoutSeconds=3600&resourceVersion=${list.metadata.resourceVersion}`;
    const watching = api.watch(path, take, this.#closing.signal);
    const broken = (why: string) => {
      if (!this.#closing.signal.aborted) this.faults.push(`the watch ended: ${why}`);
    };
    watching.then(
      () => broken("it was closed"),
      (error: Error) => broken(error.message),
    );
  }

  /** Writes a file of our form. */
  write(name: string, text: string): void {
    writeFileIn(this.#directory, name, text);
  }

  /** Runs lines of a shell as a person does, on the host of the API server, in the folder with the files. */
  async shell(lines: string): Promise<CommandResult> {
    const { kubeconfigFile } = this.cluster;
    return this.rack.controlPlane.run(typedCommand(lines, { directory: this.#directory, kubeconfigFile }));
  }

  /**
   * Those of the addresses that MetalLB left at which no pod answers a client in the LAN, which asks by ARP and NDP who has
   * them.
   */
  async unserved(): Promise<readonly string[]> {
    const missing: string[] = [];
    for (const ip of new Set([...this.left.values()].flat())) if (!(await this.#isServed(ip))) missing.push(ip);
    return missing;
  }

  /** Resolves when none of them is left. */
  async untilServed(): Promise<void> {
    let seen: readonly string[] = [];
    const isSo = async (): Promise<boolean> => (seen = await this.unserved()).length === 0;
    await until("a client is answered at every address", isSo, { ...PATIENT, lastSeen: () => seen });
  }

  async #isServed(ip: string): Promise<boolean> {
    await this.rack.client.run(["ip", "neigh", "flush", "dev", "eth0"]);
    const url = `http://${ip.includes(":") ? `[${ip}]` : ip}/`;
    const { code } = await this.rack.client.run(["curl", "--silent", "--max-time", "10", "--globoff", url]);
    return code === 0;
  }

  /**
   * A client that knows an address already, at the first node, and asks for a page again and again. Resolves when it got
   * one; `stop` resolves with the exit codes of all its requests.
   */
  async askAsKnown(ip: string): Promise<{ stop(): Promise<readonly string[]> }> {
    const { client } = this.rack;
    const neighbor = async (...words: readonly string[]) => client.run(["ip", "neigh", ...words, "dev", "eth0"]);
    await neighbor("replace", ip, "lladdr", this.rack.host("n1").mac, "nud", "permanent");
    const codes: string[] = [];
    const loop = `while true; do curl --silent --output /dev/null --max-time 10 http://${ip}/ && echo 0 || echo $?; sleep 0.05; done`;
    const command = ["bash", "-c", loop];
    const asker = await client.spawn({ name: "asker", command, onLine: (line) => void codes.push(line) });
    await until(`${ip} is served by the first node`, () => codes.includes("0"), PATIENT);
    codes.length = 0;
    const stop = async (): Promise<readonly string[]> => {
      const count = codes.length;
      await until("another answer is there", () => codes.length > count, PATIENT);
      await asker.kill();
      await neighbor("del", ip);
      return codes;
    };
    return { stop };
  }

  /** Asks the LAN by ARP who has an address, again and again; `stop` resolves with the nodes that answered each request. */
  async askWhoHas(ip: string): Promise<{ stop(): Promise<readonly (readonly string[])[]> }> {
    const { client, nodes } = this.rack;
    const asked: (readonly string[])[] = [];
    const nameOf = (mac: string): string => nodes.find((node) => node.mac === mac)?.name ?? mac;
    const command = [process.execPath, ASKER, "eth0", client.ipv4, ip, "100"];
    const onLine = (line: string): void => {
      const [, macs = ""] = line.split(" ");
      asked.push(macs === "" ? [] : macs.split(",").map(nameOf));
    };
    const asker = await client.spawn({ name: "arp-asker", command, onLine });
    const stop = async (): Promise<readonly (readonly string[])[]> => {
      await until("the last request was answered", () => asked.at(-1)?.length === 1, PATIENT);
      await asker.kill();
      return asked;
    };
    return { stop };
  }

  /** What the programs in pods said last, for a person who looks into a failure. */
  saidLast(): unknown {
    return this.#kubelets.saidLast();
  }

  async services(): Promise<readonly Changed["object"][]> {
    return (await this.cluster.api.must<{ items: Changed["object"][] }>({ path: SERVICES })).items;
  }

  /** Resolves when a condition of all Services is True. */
  async untilAll(type: string): Promise<void> {
    const missing = async (): Promise<readonly string[]> =>
      (await this.services())
        .filter((object) => conditionOf(object, type)?.["status"] !== "True")
        .map(({ metadata }) => metadata.name);
    await until(`${type} of all Services is True`, async () => (await missing()).length === 0, {
      ...PATIENT,
      lastSeen: () => this.saidLast(),
    });
  }

  async untilRunning(namespace: string, count: number): Promise<void> {
    const running = async (): Promise<number> => {
      const { items } = await this.cluster.api.must<V1PodList>({ path: `/api/v1/namespaces/${namespace}/pods` });
      return items.filter(({ status }) => status?.phase === "Running").length;
    };
    await until(`${count} pods run in ${namespace}`, async () => (await running()) === count, PATIENT);
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    await this.#kubelets.close();
    await this.cluster.stop();
    await this.rack.close();
    rmSync(this.#directory, { recursive: true });
  }
}

/** What a version of a Service lacks of what MetalLB left: addresses, spec, and annotations. */
function faultsOf(type: string, object: KubeObject, before: KubeObject | undefined): readonly string[] {
  const { name, annotations = {}, resourceVersion } = object.metadata as Written;
  const at = `${name} at ${resourceVersion}`;
  // One that was made meanwhile.
  if (before === undefined) return [];
  if (type === "DELETED") return [`${at}: ${type}`];
  const has = ingressOf(object).map(({ ip }) => ip);
  const had = ingressOf(before).map(({ ip }) => ip);
  const lost = Object.entries((before.metadata as Written).annotations ?? {}).filter(
    ([key, value]) => annotations[key] !== value,
  );
  return [
    ...(has.join() === had.join() ? [] : [`${at} has ${has.join()}, and had ${had.join()}`]),
    ...(JSON.stringify(object["spec"]) === JSON.stringify(before["spec"]) ? [] : [`${at} has another spec`]),
    ...lost.map(([key]) => `${at} lost ${key}`),
  ];
}

/** The programs that wrote the addresses in a status, by what the API server keeps of it. */
export function writersOfAddresses({ metadata }: Changed["object"]): readonly string[] {
  return (metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes('"f:loadBalancer":'))
    .map(({ manager = "" }) => manager);
}

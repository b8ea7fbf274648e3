// A cluster with ingress-nginx in it, a shell in which the printed procedure is played, and clients that ask all the time.
import { existsSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { V1DeploymentList, V1ServiceList } from "@kubernetes/client-node";
import { applyManifests } from "#lab/cluster/apply-manifests.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { prepareAudit, readAudit } from "#lab/install/audit.ts";
import { ingressNginxFile } from "#lab/ingress-nginx/build-ingress-nginx.ts";
import { Kubelets } from "#lab/kubelet/kubelets.ts";
import { Rack } from "#lab/rack/rack.ts";
import type { CommandResult } from "#lab/rack/run-command.ts";
import { until } from "#lab/rack/until.ts";
import type { KubeObject } from "#src/model/object.ts";
import { ingressOf } from "#src/model/service-status.ts";
import { config } from "#test/config/kustomization.ts";
import { writeFileIn } from "#test/support/write-file-in.ts";
import { applicationText, INGRESS_NGINX } from "./migrate-ingress-nginx-objects.ts";
import { PATIENT } from "./migrate-patience.ts";
import { playStep, type PrintedStep } from "./play-step.ts";
import { typedCommand } from "./typed-command.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
/** The hosts of the Ingresses, which one namespace each has. */
export const HOSTS = ["shop", "blog", "wiki"] as const;
/** What the provider of addresses gives the Services of both. Node n1 has them, and kube-proxy forwards. */
export const ADDRESSES = { "ingress-nginx": "192.0.2.210", "hawser-system": "192.0.2.211" } as const;
export type Writer = keyof typeof ADDRESSES;

/** What `hawser migrate ingress-nginx -o json` prints, as far as it is looked at. */
interface Report {
  readonly ingresses: readonly { readonly verdict: string }[];
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly steps: readonly PrintedStep[];
}

/** What a client got: from which address, and the status, `000` for none. */
export interface Asked {
  readonly address: string;
  readonly status: string;
}

export class IngressNginxWorld implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly rack: Rack;
  readonly #kubelets: Kubelets;
  readonly #directory: string;
  /** The file with the writes of statuses. */
  readonly #audit: string;
  readonly #stack: AsyncDisposableStack;
  #steps: Report["steps"] = [];
  /** What the client got that asks all the time. */
  readonly asked: Asked[] = [];

  private constructor(parts: {
    rack: Rack;
    cluster: Cluster;
    kubelets: Kubelets;
    directory: string;
    audit: string;
    stack: AsyncDisposableStack;
  }) {
    this.rack = parts.rack;
    this.cluster = parts.cluster;
    this.#kubelets = parts.kubelets;
    this.#directory = parts.directory;
    this.#audit = parts.audit;
    this.#stack = parts.stack;
  }

  /** Resolves when ingress-nginx serves, and has written the statuses. */
  static async start(): Promise<IngressNginxWorld> {
    await using starting = new AsyncDisposableStack();
    const directory = mkdtempSync(join(tmpdir(), "hawser-migrate-nginx-"));
    starting.defer(() => rmSync(directory, { recursive: true, force: true }));
    const statuses = [{ group: "networking.k8s.io", resources: ["ingresses/status"] }];
    const audit = prepareAudit({ resources: statuses }, directory);
    const rack = await Rack.build({ nodes: 2, controlPlane: true });
    starting.use(rack);
    const place = { directory: join(directory, "cluster"), host: rack.controlPlane };
    const cluster = starting.use(
      await Cluster.start({ ...place, controllerManager: true, apiServerFlags: audit.flags }),
    );
    const programs = [
      { image: "hawser", command: [process.execPath, CLI] },
      { image: "controller", command: [ingressNginxFile()] },
    ];
    const kubelets = await Kubelets.start({ cluster, rack, programs });
    starting.defer(async () => kubelets.close());
    // Where README.md has it after `npm run image`.
    symlinkSync(join(config, "expose"), join(directory, "install"));
    const world = new IngressNginxWorld({
      rack,
      cluster,
      kubelets,
      directory,
      audit: audit.file,
      stack: starting.move(),
    });
    await world.#install();
    return world;
  }

  async #install(): Promise<void> {
    const node = this.rack.host("n1");
    for (const address of Object.values(ADDRESSES))
      await node.run(["ip", "addr", "add", `${address}/32`, "dev", "eth0"]);
    await applyManifests(this.cluster.api, INGRESS_NGINX + HOSTS.map(applicationText).join(""));
    await this.giveAddress("ingress-nginx");
    await this.untilStatuses("ingress-nginx");
    await until(
      "ingress-nginx serves",
      async () => (await this.get("ingress-nginx", "shop")).includes("ingress-nginx"),
      PATIENT,
    );
    await this.#followDns();
    await this.#askAlways();
  }

  /** What a provider of addresses does once there is the Service of this namespace. */
  async giveAddress(namespace: Writer): Promise<void> {
    const { api } = this.cluster;
    const path = `/api/v1/namespaces/${namespace}/services`;
    const nameOf = async (): Promise<string | false> => {
      const { items } = await api.must<V1ServiceList>({ path });
      return items.find(({ spec }) => spec?.type === "LoadBalancer")?.metadata?.name ?? false;
    };
    const name = await until(`${namespace} has a Service for an address`, nameOf, PATIENT);
    const body = { status: { loadBalancer: { ingress: [{ ip: ADDRESSES[namespace] }] } } };
    const contentType = "application/merge-patch+json";
    await api.must({ method: "PATCH", path: `${path}/${name}/status`, contentType, body });
  }

  /** Keeps the file `dns` in step with the status of the Ingress of the shop, as external-dns does with records. */
  async #followDns(): Promise<void> {
    const file = join(this.#directory, "dns");
    const write = (object: KubeObject): void => {
      writeFileSync(
        `${file}.new`,
        ingressOf(object)
          .map(({ ip }) => String(ip))
          .join(),
      );
      renameSync(`${file}.new`, file);
    };
    const path = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses";
    const closing = new AbortController();
    this.#stack.defer(() => closing.abort());
    const take = (event: unknown): void => {
      const { type, object } = event as { readonly type: string; readonly object: KubeObject };
      if (type === "ADDED" || type === "MODIFIED") write(object);
    };
    void this.cluster.api.watch(`${path}?watch=1&timeoutSeconds=3600`, take, closing.signal).catch(() => undefined);
    await until("the name of the shop has an address", () => existsSync(file), PATIENT);
  }

  /** A client that asks for the shop again and again, at the address that DNS has for it. */
  async #askAlways(): Promise<void> {
    const ask =
      "curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 --header 'Host: shop.example.com'";
    const loop = `while true; do A=$(cat ${join(this.#directory, "dns")}); echo "$A $(${ask} http://$A/)"; sleep 0.05; done`;
    const onLine = (line: string): void => {
      const [address = "", status = ""] = line.split(" ");
      this.asked.push({ address, status });
    };
    await this.rack.client.spawn({ name: "asker", command: ["bash", "-c", loop], onLine });
    await this.untilAsked(1);
  }

  /** Resolves when the client has asked so many times more. */
  async untilAsked(more: number): Promise<void> {
    const wanted = this.asked.length + more;
    await until("the client asked again", () => this.asked.length >= wanted, PATIENT);
  }

  /** Resolves when the client asks one of both. */
  async untilAsks(of: Writer): Promise<void> {
    await until(`the client asks ${of}`, () => this.asked.at(-1)?.address === ADDRESSES[of], PATIENT);
  }

  /** What a client in the LAN gets from one of both for a host; empty where nothing comes. */
  async get(from: Writer, name: string): Promise<string> {
    const host = ["--header", `Host: ${name}.example.com`];
    const command = ["curl", "--silent", "--fail", "--max-time", "10", ...host, `http://${ADDRESSES[from]}/`];
    return (await this.rack.client.run(command)).stdout;
  }

  /** How often both wrote a status of an Ingress while something was done, and for some seconds after that. */
  async writesDuring(work: () => Promise<void>): Promise<Readonly<Record<Writer, number>>> {
    const before = this.#writes();
    await work();
    // ingress-nginx looks at all statuses every 2 s here.
    await this.untilAsked(60);
    const after = this.#writes();
    return {
      "ingress-nginx": after["ingress-nginx"] - before["ingress-nginx"],
      "hawser-system": after["hawser-system"] - before["hawser-system"],
    };
  }

  #writes(): Record<Writer, number> {
    const all = readAudit(this.#audit);
    const count = (namespace: Writer): number =>
      all.filter(
        ({ user, responseStatus }) =>
          responseStatus?.code === 200 && user.username.startsWith(`system:serviceaccount:${namespace}:`),
      ).length;
    return { "ingress-nginx": count("ingress-nginx"), "hawser-system": count("hawser-system") };
  }

  /** Asks for the procedure, and writes its files; returns what it says of each Ingress. */
  async readProcedure(): Promise<readonly string[]> {
    const { code, stdout, stderr } = await this.shell("hawser migrate ingress-nginx -o json");
    if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
    const { ingresses, files, steps } = JSON.parse(stdout) as Report;
    for (const { name, text } of files) writeFileIn(this.#directory, name, text);
    this.#steps = steps;
    return ingresses.map(({ verdict }) => verdict);
  }

  /** Plays a step as it is printed; resolves with what it printed. */
  async play(title: RegExp): Promise<string> {
    return playStep(this.#steps, title, async (lines) => this.shell(lines));
  }

  /** Hawser beside ingress-nginx, without a word in the statuses. */
  async installQuiet(): Promise<void> {
    await this.play(/silent$/);
    await this.giveAddress("hawser-system");
    for (const name of HOSTS)
      await until(`Hawser serves ${name}`, async () => (await this.get("hawser-system", name)) !== "", PATIENT);
  }

  async silence(): Promise<void> {
    await this.play(/write no statuses$/);
    await this.untilRolledOut("ingress-nginx");
  }

  async handOver(): Promise<void> {
    await this.play(/^Hand the statuses over/);
    await this.untilRolledOut("hawser-system");
    await this.untilStatuses("hawser-system");
    await this.untilAsks("hawser-system");
  }

  async statuses(): Promise<readonly string[]> {
    const { items } = await this.cluster.api.must<{ items: KubeObject[] }>({
      path: "/apis/networking.k8s.io/v1/ingresses",
    });
    return items.map((object) =>
      ingressOf(object)
        .map(({ ip }) => String(ip))
        .join(),
    );
  }

  /** Resolves when all statuses have the address of this one. */
  async untilStatuses(of: Writer): Promise<void> {
    let seen: unknown;
    const isSo = async (): Promise<boolean> => {
      const statuses = await this.statuses();
      seen = [statuses, this.saidLast()];
      return statuses.every((one) => one === ADDRESSES[of]);
    };
    await until(`the statuses have the address of ${of}`, isSo, { ...PATIENT, lastSeen: () => seen });
  }

  /** Resolves when the Deployments of a namespace have no pod but the ready ones of their last form. */
  async untilRolledOut(namespace: Writer): Promise<void> {
    const isSo = async (): Promise<boolean> => {
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
      const { items } = await this.cluster.api.must<V1DeploymentList>({ path });
      const wanted = items.reduce((sum, { spec }) => sum + (spec?.replicas ?? 0), 0);
      const pods = this.#kubelets.podsOf(`${namespace}/`);
      return pods.length === wanted && items.every(({ status }) => status?.unavailableReplicas === undefined);
    };
    await until(`${namespace} is rolled out`, isSo, { ...PATIENT, lastSeen: () => this.saidLast() });
  }

  /** Runs lines of a shell as a person does, on the host of the API server, in the folder with the files. */
  async shell(lines: string): Promise<CommandResult> {
    const { kubeconfigFile } = this.cluster;
    return this.rack.controlPlane.run(typedCommand(lines, { directory: this.#directory, kubeconfigFile }));
  }

  /** What the programs in pods said last, for a person who looks into a failure. */
  saidLast(): unknown {
    return this.#kubelets.saidLast();
  }

  /** The output of all pods of a namespace that run. */
  linesOf(namespace: Writer): readonly string[] {
    return this.#kubelets.linesOf(`${namespace}/`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

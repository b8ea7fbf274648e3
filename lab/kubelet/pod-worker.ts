import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import type { ClusterApi } from "#lab/cluster/cluster-api.ts";
import type { Host } from "#lab/rack/host.ts";
import { type ImageProgram, type PodProgram, programOf } from "#lab/rack/image-program.ts";
import type { Rack } from "#lab/rack/rack.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import type { Dial } from "./tunnel.ts";
import { createLogger } from "#src/process/log.ts";
import { createWorkLoop } from "#src/process/work-loop.ts";
import { Container, isoSeconds, type StartedProcess } from "./container.ts";
import { commandOf, environmentOf } from "./environment.ts";
import { withMounts } from "./mounts.ts";
import { Objects } from "./objects.ts";
import { PodFacts } from "./pod-facts.ts";
import { type PodCondition, podStatus } from "./pod-status.ts";
import { Volumes } from "./volumes.ts";

/** Kubernetes' own. */
const DEFAULT_GRACE_SECONDS = 30;
/** How often changed Secrets and ConfigMaps reach the files of a pod. */
const REFRESH_EVERY_MS = 5_000;
/** Between two attempts to write a status or to give a pod its namespace. */
const RETRY_MS = 300;
/** A name may have 253 characters, a host of the rack fewer. */
const HOST_NAME_LIMIT = 60;

const silent = createLogger({ component: "kubelet", level: "silent" });

/** What a kubelet gives its pods. */
export interface PodPlace {
  readonly rack: Rack;
  readonly node: Host;
  /** As the node. */
  readonly api: ClusterApi;
  readonly dial: Dial;
  /** Resolves while the kubelet runs: one that is stopped does and says nothing. */
  whileRunning(): Promise<void>;
  readonly programs: readonly ImageProgram[];
  /** Holds the pods' files, on a file system of the rack. */
  readonly directory: string;
  readonly apiService: PodFacts["apiService"];
}

/** One pod from its binding to its end: a namespace, volumes, containers, and a status that says how they are. */
export class PodWorker {
  readonly #place: PodPlace;
  readonly #directory: string;
  readonly #startTime = isoSeconds();
  readonly #closing = new AbortController();
  #pod: V1Pod;
  #host: Host | undefined;
  #facts: PodFacts | undefined;
  #containers: readonly Container[] = [];
  #problem: string | undefined;
  #conditions: readonly PodCondition[] = [];
  #reported = "";
  readonly #reports = createWorkLoop({ log: silent, run: () => this.#writeStatus() });
  #starting: Promise<void> | undefined;
  #ending: Promise<void> | undefined;

  constructor(pod: V1Pod, place: PodPlace) {
    this.#pod = pod;
    this.#place = place;
    this.#directory = join(place.directory, this.uid);
  }

  get uid(): string {
    return this.#pod.metadata?.uid ?? "";
  }

  /** `namespace/name`. */
  get key(): string {
    return `${this.#pod.metadata?.namespace}/${this.#pod.metadata?.name}`;
  }

  get pod(): V1Pod {
    return this.#pod;
  }

  get #path(): string {
    return `/api/v1/namespaces/${this.#pod.metadata?.namespace}/pods/${this.#pod.metadata?.name}`;
  }

  /** The namespace it runs in: its own, or its node's; undefined before it has one. */
  get host(): Host | undefined {
    return this.#host;
  }

  /** The process of a container, by default the first; undefined before it was started. */
  process(container?: string): RackProcess | undefined {
    const found = this.#containers.find(({ name }) => container === undefined || name === container);
    return found?.process;
  }

  /** The object as it is now: the first starts the pod, one that is to be deleted ends it. */
  update(pod: V1Pod): void {
    this.#pod = pod;
    if (pod.metadata?.deletionTimestamp === undefined) this.#starting ??= this.#start();
    else this.#ending ??= this.#end(pod.metadata.deletionGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
  }

  /** Its object is gone, or its kubelet is closed: it ends at once, and nothing is reported. */
  async abandon(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#cease(0), this.#reports.close()]);
  }

  /** Writes the status again: after the node was away, the API may say something else. */
  reportAgain(): void {
    this.#reported = "";
    this.#reports.mark();
  }

  async #start(): Promise<void> {
    const { spec, metadata } = this.#pod;
    const { signal } = this.#closing;
    mkdirSync(this.#directory, { recursive: true });
    const isWanted = (): boolean => !signal.aborted && this.#ending === undefined;
    while (this.#host === undefined && isWanted()) {
      try {
        this.#host = await this.#makeHost();
      } catch (error) {
        this.#problem = (error as Error).message;
        this.#reports.mark();
        await this.#pause(RETRY_MS);
      }
    }
    if (this.#host === undefined || !isWanted()) return;
    this.#problem = undefined;
    const { node, api, apiService, dial, whileRunning } = this.#place;
    const podIPs = this.#host.addresses;
    const facts = new PodFacts({ pod: this.#pod, podIPs, hostIPs: node.addresses, apiService });
    const objects = new Objects(api, metadata?.namespace ?? "");
    const volumes = new Volumes(this.#directory, facts, objects);
    this.#facts = facts;
    const host = this.#host;
    this.#containers = (spec?.containers ?? []).map(
      (container) =>
        new Container({
          spec: container,
          restartPolicy: (spec?.restartPolicy as "Always" | undefined) ?? "Always",
          graceMs: (spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1_000,
          target: {
            dial,
            node,
            podIP: host.ipv4,
            whileRunning,
            exec: async (command) => (await host.run(command)).code,
          },
          start: () => this.#startContainer(container, { host, facts, objects, volumes }),
          onChange: () => this.#reports.mark(),
        }),
    );
    for (const container of this.#containers) container.run();
    this.#reports.mark();
    if ((spec?.volumes ?? []).length > 0) void this.#refreshVolumes(volumes);
  }

  /** A pod of the host's network shares the node's namespace. */
  async #makeHost(): Promise<Host> {
    const { rack, node } = this.#place;
    const { spec } = this.#pod;
    const initial = spec?.initContainers?.[0];
    if (initial !== undefined) throw new Error(`init containers (${initial.name}) are not played here`);
    return spec?.hostNetwork === true ? node : rack.addPodHost({ name: this.#hostName(), node: node.name });
  }

  #hostName(): string {
    const { namespace = "", name = "" } = this.#pod.metadata ?? {};
    const whole = namespace === "default" ? name : `${namespace}-${name}`;
    if (whole.length <= HOST_NAME_LIMIT) return whole;
    const hash = createHash("sha256").update(whole).digest("hex").slice(0, 8);
    return `${whole.slice(0, HOST_NAME_LIMIT - hash.length - 1)}-${hash}`;
  }

  async #startContainer(
    container: V1Container,
    { host, facts, objects, volumes }: { host: Host; facts: PodFacts; objects: Objects; volumes: Volumes },
  ): Promise<StartedProcess> {
    await volumes.write();
    const program = this.#programOf(container);
    const env = await environmentOf(container, facts, objects);
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const inner = ["env", "-i", ...variables, ...commandOf(container, program.command, env)];
    const layers = mkdtempSync(join(this.#directory, "layers-"));
    const command = withMounts(volumes.mountsOf(container), layers, inner);
    const name = `${this.#pod.metadata?.name}/${container.name}`;
    const logFile = join(this.#place.directory, `${this.#hostName()}.${container.name}.log`);
    const process = await host.spawn({ name, command, logFile });
    return { process, ready: container.command === undefined ? program.ready : undefined };
  }

  #programOf({ image = "", ports = [] }: V1Container): PodProgram {
    const played = ports.flatMap(({ containerPort: port, protocol = "TCP" }) =>
      protocol === "TCP" || protocol === "UDP" ? [{ port, protocol } as const] : [],
    );
    return programOf({ name: this.#facts?.name ?? "", image, ports: played }, this.#place.programs);
  }

  async #refreshVolumes(volumes: Volumes): Promise<void> {
    for (;;) {
      await this.#pause(REFRESH_EVERY_MS);
      if (this.#closing.signal.aborted || this.#ending !== undefined) return;
      await volumes.write().catch(() => undefined); // what was there stays
    }
  }

  /** Deleted in the API: SIGTERM, after the grace SIGKILL, then the object goes. */
  async #end(graceSeconds: number): Promise<void> {
    const { api } = this.#place;
    const { signal } = this.#closing;
    await this.#cease(graceSeconds * 1_000);
    await this.#reports.idle();
    const body = { gracePeriodSeconds: 0, preconditions: { uid: this.uid } };
    while (!signal.aborted) {
      const answer = await api.request({ method: "DELETE", path: this.#path, body }).catch(() => undefined);
      if (answer !== undefined && [200, 404, 409].includes(answer.status)) return;
      await this.#pause(RETRY_MS);
    }
  }

  async #cease(graceMs: number): Promise<void> {
    await this.#starting;
    await Promise.all(this.#containers.map((container) => container.stop(graceMs)));
    if (this.#host !== undefined && this.#host !== this.#place.node) {
      await this.#place.rack.removePodHost(this.#host.name);
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Writes what is true now, unless the API has it already; rejects where it cannot be written, and is then called again. */
  async #writeStatus(): Promise<void> {
    const { api, node, whileRunning } = this.#place;
    await whileRunning();
    const parts = { pod: this.#pod, containers: this.#containers, startTime: this.#startTime, problem: this.#problem };
    const addresses = { podIPs: this.#host?.addresses ?? [], hostIPs: node.addresses };
    const status = podStatus({ ...parts, ...addresses }, this.#conditions);
    const text = JSON.stringify(status);
    if (text === this.#reported || this.#closing.signal.aborted) return;
    this.#conditions = status.conditions;
    const body = { metadata: { uid: this.uid }, status };
    const contentType = "application/merge-patch+json";
    const answer = await api.request({ method: "PATCH", path: `${this.#path}/status`, contentType, body });

    if (answer.status !== 200 && answer.status !== 404) throw new Error(`status ${answer.status}`);
    this.#reported = text;
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}

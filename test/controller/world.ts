// A controller over a source in memory, with time in the test's hand.
import { createControllerMetrics } from "#controller/metrics.ts";
import { type Controller, startController } from "#controller/start-controller.ts";
import type { KubeObject } from "#src/model/object.ts";
import { createLogger } from "#src/process/log.ts";
import { Registry } from "prom-client";
import { ManualTime } from "./manual-time.ts";
import { MemorySource } from "./memory-source.ts";

export interface ServiceOptions {
  readonly createdMs?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly has?: readonly string[];
}

export function serviceObject(name: string, options: ServiceOptions = {}): KubeObject {
  const { createdMs = 1, annotations = {}, spec = {}, has } = options;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default", createdMs, labels: {}, annotations },
    spec: { type: "LoadBalancer", selector: { app: name }, ports: [{ port: 80, protocol: "TCP" }], ...spec },
    ...(has === undefined ? {} : { status: { loadBalancer: { ingress: has.map((ip) => ({ ip })) } } }),
  };
}

/** A Node; its condition Ready is True unless said otherwise. */
export function nodeObject(name: string, ready: "True" | "False" | "Unknown" = "True"): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, namespace: "", createdMs: 0, labels: {}, annotations: {} },
    status: { conditions: [{ type: "Ready", status: ready }] },
  };
}

export function configObject(config: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "hawser", namespace: "hawser-system", createdMs: 0, labels: {}, annotations: {} },
    data: { config },
  };
}

export function pools(...entries: readonly string[]): KubeObject {
  const text = entries.map((range, at) => `- name: p${at}\n  protocol: layer2\n  addresses: ["${range}"]\n`);
  return configObject(entries.length === 0 ? "address-pools: []\n" : `address-pools:\n${text.join("")}`);
}

export class World {
  readonly source: MemorySource;
  readonly time: ManualTime;
  readonly registry = new Registry();
  /** What the controller logs. */
  readonly lines: Record<string, unknown>[] = [];
  applied = 0;
  role = "";
  #controller: Controller | undefined;

  constructor(source = new MemorySource(), time = new ManualTime()) {
    this.source = source;
    this.time = time;
  }

  async start(loadBalancerClass?: string): Promise<this> {
    const { time } = this;
    this.#controller = await startController({
      source: this.source,
      configMap: { kind: "ConfigMap", namespace: "hawser-system", name: "hawser" },
      metallbNamespace: "metallb-system",
      loadBalancerClass,
      poolWarningPercent: 90,
      log: createLogger({
        component: "controller",
        level: "info",
        to: { write: (line) => void this.lines.push(JSON.parse(line) as Record<string, unknown>) },
      }),
      metrics: createControllerMetrics(this.registry),
      monotonicMs: time.nowMs,
      wallMs: () => Date.UTC(2026, 0, 1) + time.nowMs(),
      random: () => 1,
      delay: time.delay,
      onApplied: (role) => {
        this.applied++;
        this.role = role;
      },
    });
    return this.idle();
  }

  /** Waits until all is done that is to do now. */
  async idle(): Promise<this> {
    await this.#controller?.idle();
    return this;
  }

  async put(...objects: readonly KubeObject[]): Promise<void> {
    this.source.put(...objects);
    await this.idle();
  }

  /** Changes a Service as a user would: all but its status. */
  async edit(name: string, options: ServiceOptions): Promise<void> {
    const { status, metadata } = this.object(name);
    const next = serviceObject(name, options);
    const annotations = { ...metadata.annotations, ...options.annotations };
    await this.put({ ...next, metadata: { ...metadata, annotations }, status });
  }

  async remove(name: string): Promise<void> {
    this.source.remove("Service", `default/${name}`);
    await this.idle();
  }

  async advance(ms: number): Promise<void> {
    await this.time.advance(ms);
    await this.idle();
  }

  async stop(): Promise<void> {
    await this.#controller?.close();
    await this.source.close();
  }

  /** Ends as by SIGKILL: nothing more is written. */
  async kill(): Promise<void> {
    this.source.setLeads(false, { untold: true });
    await this.stop();
    this.source.setLeads(true, { untold: true });
  }

  object(name: string): KubeObject & {
    status?: { loadBalancer?: { ingress?: { ip: string }[] }; conditions?: Record<string, string>[] };
  } {
    return this.source.stored("Service", `default/${name}`);
  }

  /** The only speaker answers for these addresses. */
  announce(...announcing: readonly string[]): void {
    this.source.says("speaker-n1", { node: "n1", ready: true, announcing });
  }

  /** `True Announced`: what the condition of the announcement says; `-` where there is none. */
  announced(name: string): string {
    const condition = this.object(name).status?.conditions?.find(({ type }) => type === "hawser.dev/Announced");
    return condition === undefined ? "-" : `${condition["status"]} ${condition["reason"]}`;
  }

  /** How often the status of a Service was written, or tried to be. */
  writes(name: string): number {
    return this.source.patched.filter((key) => key === `default/${name}`).length;
  }

  /** Replaces fields of a status, as another program does. */
  async overwrite(name: string, status: Readonly<Record<string, unknown>>): Promise<void> {
    const object = this.object(name);
    await this.put({ ...object, status: { ...object.status, ...status } });
  }

  /** `192.0.2.1 AddressAssigned`: what the status of a Service says. */
  line(name: string): string {
    const { status } = this.object(name);
    const ips = status?.loadBalancer?.ingress?.map(({ ip }) => ip) ?? [];
    const condition = status?.conditions?.find(({ type }) => type === "hawser.dev/AddressAssigned");
    return [...ips, condition?.["reason"] ?? "-"].join(" ");
  }

  events(name: string): string[] {
    return this.source.events.filter(({ about }) => about.name === name).map(({ type, reason }) => `${type} ${reason}`);
  }

  async metric(line: string): Promise<string | undefined> {
    const text = await this.registry.metrics();
    return text
      .split("\n")
      .find((one) => one.startsWith(`${line} `))
      ?.slice(line.length + 1);
  }
}

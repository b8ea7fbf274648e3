import { setTimeout as sleep } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import { ClusterWatch } from "#lab/cluster/cluster-watch.ts";
import { mustRun } from "#lab/rack/run-command.ts";
import { podEgressRules, registerNode, renewLease, reportNode } from "./register-node.ts";
import { type PodPlace, PodWorker } from "./pod-worker.ts";

/** Often enough for a cluster that gives a node up after 10 seconds. */
const RENEW_EVERY_MS = 2_000;
/** An API server that has not answered within this time is taken for unreachable. */
const RENEW_TIMEOUT_MS = 5_000;

/**
 * The kubelet of one node of the rack: it registers the node, renews its Lease, and runs the pods that are bound to it
 * as processes. It talks to the API, and probes pods, from the node's own network: what cuts the node off, cuts it off.
 */
export class Kubelet {
  readonly #place: PodPlace;
  readonly #workers = new Map<string, PodWorker>();
  #resumed = Promise.withResolvers<void>();
  #watch: ClusterWatch<V1Pod> | undefined;
  #isRunning = false;
  #renewing = new AbortController();

  private constructor(place: Omit<PodPlace, "whileRunning">) {
    this.#place = { ...place, whileRunning: () => this.#whileRunning() };
  }

  /** Registers the node and begins; resolves when the API knows the node as ready. */
  static async start(place: Omit<PodPlace, "whileRunning">): Promise<Kubelet> {
    const kubelet = new Kubelet(place);
    const { rack, node, api } = place;
    await mustRun(`pod egress of ${node.name}`, node.inside(["nft", "-f", "-"]), podEgressRules);
    const number = rack.nodes.findIndex(({ name }) => name === node.name) + 1;
    await registerNode(api, node, { number, nodes: rack.nodes.length });
    await kubelet.resume();
    return kubelet;
  }

  get node(): string {
    return this.#place.node.name;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get pods(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }

  /** Stops it as a crash would: the pods run on, but they are not probed, restarted or ended any longer, and the Lease grows old. */
  async pause(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#resumed = Promise.withResolvers();
    this.#renewing.abort();
    await this.#watch?.close();
    this.#place.api.reset();
  }

  /** Starts it again: it takes up the pods it finds. */
  async resume(): Promise<void> {
    if (this.#isRunning) return;
    const { api, node } = this.#place;
    await reportNode(api, node);
    this.#isRunning = true;
    this.#resumed.resolve();
    this.#renewing = new AbortController();
    void this.#renew(this.#renewing.signal);
    const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node.name}`)}`;
    const watch = new ClusterWatch<V1Pod>(api, path, () => this.#bringInStep(watch));
    this.#watch = watch;
  }

  /** Ends it and all of its pods, without a word to the API. */
  async close(): Promise<void> {
    await this.pause();
    await Promise.all(this.pods.map((worker) => worker.abandon()));
  }

  async #whileRunning(): Promise<void> {
    while (!this.#isRunning) await this.#resumed.promise;
  }

  #bringInStep(watch: ClusterWatch<V1Pod>): void {
    if (!this.#isRunning || watch !== this.#watch) return;
    for (const [uid, pod] of watch.objects) {
      const { phase } = pod.status ?? {};
      const isOver = phase === "Succeeded" || phase === "Failed";
      if (isOver && !this.#workers.has(uid)) continue;
      const worker = this.#workers.get(uid) ?? new PodWorker(pod, this.#place);
      this.#workers.set(uid, worker);
      worker.update(pod);
    }
    for (const [uid, worker] of this.#workers) {
      if (watch.objects.has(uid)) continue;
      this.#workers.delete(uid);
      void worker.abandon();
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { api, node } = this.#place;
    let wasCutOff = false;
    while (!signal.aborted) {
      try {
        await renewLease(api, node, RENEW_TIMEOUT_MS);
        if (wasCutOff) await this.#comeBack();
        wasCutOff = false;
      } catch {
        // A connection that the network dropped would be waited on for minutes.
        if (!signal.aborted) api.reset();
        wasCutOff = true;
      }
      await sleep(RENEW_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Meanwhile the node may have been found dead, and its pods not ready. */
  async #comeBack(): Promise<void> {
    const { api, node } = this.#place;
    await reportNode(api, node);
    for (const worker of this.pods) worker.reportAgain();
  }
}

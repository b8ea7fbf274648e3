import type { V1Node, V1Pod } from "@kubernetes/client-node";
import type { ClusterApi } from "#lab/cluster/cluster-api.ts";
import { ClusterWatch } from "#lab/cluster/cluster-watch.ts";
import { createLogger } from "#src/process/log.ts";
import { createWorkLoop } from "#src/process/work-loop.ts";
import { placePod, type PlacedPod } from "./placement.ts";

/** Pods that have ended hold no place. */
const PODS = `/api/v1/pods?fieldSelector=${encodeURIComponent("status.phase!=Succeeded,status.phase!=Failed")}`;

const silent = createLogger({ component: "binder", level: "silent" });

/** Gives pods without a node one: the lab's scheduler, with the rights of the real one. */
export class Binder {
  readonly #api: ClusterApi;
  readonly #pods: ClusterWatch<V1Pod>;
  readonly #nodes: ClusterWatch<V1Node>;
  /** By uid: the node that a pod was given; its object says so a little later. */
  readonly #given = new Map<string, string>();
  readonly #complained = new Set<string>();
  readonly #loop = createWorkLoop({ log: silent, run: () => this.#work() });

  constructor(api: ClusterApi) {
    this.#api = api;
    const mark = (): void => this.#loop.mark();
    this.#pods = new ClusterWatch(api, PODS, mark);
    this.#nodes = new ClusterWatch(api, "/api/v1/nodes", mark);
  }

  async close(): Promise<void> {
    await Promise.all([this.#pods.close(), this.#nodes.close()]);
    await this.#loop.close();
  }

  async #work(): Promise<void> {
    await Promise.all([this.#pods.listed, this.#nodes.listed]);
    for (const pod of this.#waiting()) await this.#place(pod);
  }

  #waiting(): readonly V1Pod[] {
    for (const uid of this.#given.keys()) if (!this.#pods.objects.has(uid)) this.#given.delete(uid);
    return [...this.#pods.objects.values()].filter(
      ({ spec, metadata }) =>
        spec?.nodeName === undefined &&
        metadata?.deletionTimestamp === undefined &&
        (spec?.schedulerName ?? "default-scheduler") === "default-scheduler" &&
        !this.#given.has(metadata?.uid ?? ""),
    );
  }

  /** All pods as they will be placed once the API has told us of it. */
  #placed(): readonly PlacedPod[] {
    return [...this.#pods.objects.values()].flatMap((pod) => {
      const node = pod.spec?.nodeName ?? this.#given.get(pod.metadata?.uid ?? "");
      return node === undefined ? [] : [{ pod, node }];
    });
  }

  async #place(pod: V1Pod): Promise<void> {
    const { name, namespace, uid = "" } = pod.metadata ?? {};
    const placement = placePod(pod, [...this.#nodes.objects.values()], this.#placed());
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    if ("reason" in placement) {
      if (this.#complained.has(uid)) return;
      this.#complained.add(uid);
      const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: placement.reason };
      const contentType = "application/strategic-merge-patch+json";
      const body = { status: { conditions: [condition] } };
      await this.#api.must({ method: "PATCH", path: `${path}/status`, contentType, body });
      return;
    }
    const target = { apiVersion: "v1", kind: "Node", name: placement.node };
    const body = { apiVersion: "v1", kind: "Binding", metadata: { name, uid }, target };
    this.#given.set(uid, placement.node);
    const { status } = await this.#api.request({ path: `${path}/binding`, body });
    if (status === 201) return;
    this.#given.delete(uid);
    if (status !== 404) throw new Error(`binding ${name}: status ${status}`);
  }
}

import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "#lab/cluster/cluster.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
/** Beyond the versions that an empty cluster begins with. */
const WRITES = 500;

/** Does something at once, and again and again for so long. */
export async function again(forMs: number, everyMs: number, act: () => void): Promise<void> {
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    act();
    await sleep(everyMs);
  }
}

/** Makes a cluster so old that one with an empty store is younger; needed once, before `wipeEtcd`. */
export async function growOld({ api }: Cluster): Promise<void> {
  await api.must({ path: CONFIG_MAPS, body: { metadata: { name: "counter" } } });
  const contentType = "application/merge-patch+json";
  for (let count = 0; count < WRITES; count++) {
    const body = { data: { count: String(count) } };
    await api.must({ method: "PATCH", path: `${CONFIG_MAPS}/counter`, body, contentType });
  }
}

/** Takes a cluster its store, as a disk that is lost does, and starts it again. */
export async function wipeEtcd(cluster: Cluster, directory: string): Promise<void> {
  await cluster.kill("kube-apiserver");
  await cluster.kill("etcd");
  rmSync(join(directory, "etcd"), { recursive: true });
  await Promise.all([cluster.restart("etcd"), cluster.restart("kube-apiserver")]);
}

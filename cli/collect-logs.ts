import type { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import type { CollectedPod } from "./collect-objects.ts";
import type { ReportBundle } from "./report-bundle.ts";

/** Pods whose logs are read at most. */
const MAX_PODS = 60;
/** Bytes of one log, of which the last lines are read. */
const MAX_LOG_BYTES = 2 << 20;

/** Puts the logs of pods into a bundle, also those of containers before their last restart, and their metrics. */
export async function collectLogs(
  lister: ClusterLister,
  bundle: ReportBundle,
  { pods, lines }: { readonly pods: readonly CollectedPod[]; readonly lines: number },
): Promise<void> {
  const read = async (file: string, path: string): Promise<void> => {
    const answer = await lister.text(path);
    if (answer.ok) bundle.addText(file, answer.text);
    else bundle.addMissing(`${file}: ${answer.why}`);
  };
  for (const { namespace, name, containers, metricsPort } of pods.slice(0, MAX_PODS)) {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
    for (const container of lines === 0 ? [] : containers) {
      const query = `container=${encodeURIComponent(container.name)}&tailLines=${lines}&limitBytes=${MAX_LOG_BYTES}`;
      await read(`logs/${name}/${container.name}.log`, `${path}/log?${query}`);
      if (container.restarted)
        await read(`logs/${name}/${container.name}.previous.log`, `${path}/log?${query}&previous=true`);
    }
    if (metricsPort !== undefined) await read(`metrics/${name}.txt`, `${path}:${metricsPort}/proxy/metrics`);
  }
  if (pods.length > MAX_PODS) bundle.addMissing(`logs and metrics of ${pods.length - MAX_PODS} of ${pods.length} pods`);
}

// Starts the real control plane of Kubernetes, says that it is ready, and ends; with --server it stays until Ctrl-C.
// Started in namespaces of its own by scripts/cluster.js. Usage: DIRECTORY [--server=URL]
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Cluster } from "./cluster.ts";
import { clusterFiles } from "./cluster-files.ts";
import { openRelay } from "./open-relay.ts";
import { onInterrupt } from "#lab/rack/on-interrupt.ts";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { server: { type: "string" } } });
const [directory = ""] = positionals;
const interrupted = new Promise<void>((resolve) => onInterrupt(resolve));

const startMs = performance.now();
const cluster = await Cluster.start({ directory, controllerManager: true });
const version = await cluster.api.must<{ gitVersion: string }>({ path: "/version" });
const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
console.log(
  `Kubernetes ${version.gitVersion} is ready after ${seconds} s: etcd, kube-apiserver, kube-controller-manager`,
);
if (values.server !== undefined) {
  await openRelay({ path: clusterFiles(directory).socket }, cluster.end);
  const kubeconfig = join(directory, "kubectl.kubeconfig");
  cluster.writeKubeconfig(kubeconfig, { server: values.server });
  console.log(
    `It stays up until Ctrl-C. From another terminal:\n  export KUBECONFIG=${kubeconfig}\n  kubectl get services`,
  );
  console.log(`Logs: ${directory}/*.log`);
  await interrupted;
}
await cluster.stop();
process.exit();

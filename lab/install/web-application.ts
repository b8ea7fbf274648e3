import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { PAUSE_IMAGE } from "./node-config.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const POD_SERVER = fileURLToPath(new URL("../rack/pod-server.ts", import.meta.url));
/** Where a pod sees our Node, the libraries it needs, and our code: in it -> on the node. */
const mounts = { "/usr": "/usr", "/lib": "/usr/lib", "/lib64": "/usr/lib64", [ROOT]: ROOT };

export interface WebApplication {
  readonly name: string;
  readonly replicas: number;
  /** Only on nodes with this label. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

/**
 * Manifests of a user's application: a Deployment whose pods answer HTTP on port 8080 with their name
 * (lab/rack/pod-server.ts), and a Service of type LoadBalancer on port 80 before it.
 */
export function webApplication({ name, replicas, nodeSelector = {} }: WebApplication): string {
  const container = {
    name: "web",
    image: PAUSE_IMAGE,
    imagePullPolicy: "Never",
    command: [process.execPath, POD_SERVER, "--name=$(POD)", "--http=8080"],
    env: [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
    readinessProbe: { httpGet: { port: 8080, path: "/" }, periodSeconds: 1, timeoutSeconds: 10 },
    // As any server in a cluster must: goes on serving until all nodes know that it goes.
    lifecycle: { preStop: { sleep: { seconds: 8 } } },
    volumeMounts: Object.keys(mounts).map((mountPath, at) => ({ name: `v${at}`, mountPath, readOnly: true })),
  };
  const volumes = Object.values(mounts).map((path, at) => ({ name: `v${at}`, hostPath: { path } }));
  const pod = { terminationGracePeriodSeconds: 20, nodeSelector, containers: [container], volumes };
  const template = { metadata: { labels: { app: name } }, spec: pod };
  const deployment = { replicas, selector: { matchLabels: { app: name } }, template };
  const service = {
    type: "LoadBalancer",
    selector: { app: name },
    ports: [{ port: 80, targetPort: 8080 }],
    ipFamilyPolicy: "PreferDualStack",
  };
  return [
    stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec: deployment }),
    stringify({ apiVersion: "v1", kind: "Service", metadata: { name }, spec: service }),
  ].join("---\n");
}

import { join } from "node:path";
import { podNetworks } from "#lab/rack/host-addresses.ts";

/** Where the API server listens. */
export const API_PORT = 6443;
/** ClusterIPs of both families; pods route nothing there, kube-proxy alone knows them. */
const SERVICE_NETWORKS = "10.96.0.0/16,fd00:10:96::/112";
const ETCD_CLIENT = "http://127.0.0.1:2379";
const ETCD_PEER = "http://127.0.0.1:2380";

/** The files of a cluster, all in one directory, which may also be used again: it holds the whole state. */
export function clusterFiles(directory: string) {
  const inside = (name: string): string => join(directory, name);
  return {
    etcdData: inside("etcd"),
    certificates: inside("certificates"),
    /** The server's certificate and the authority that it made for itself; clients trust it. */
    ca: inside("certificates/apiserver.crt"),
    /** Signs the tokens of ServiceAccounts; a public key can be read from it. */
    serviceAccountKey: inside("service-account.key"),
    tokens: inside("tokens.csv"),
    kubeconfig: inside("kubeconfig"),
    socket: inside("api.sock"),
    kubeconfigOf: (user: string): string => inside(`${user.replaceAll(":", "-")}.kubeconfig`),
    log: (part: string): string => inside(`${part}.log`),
  };
}

/** One member that never waits for a disk or for others: its state needs to outlive a crash of it, not of the machine. */
export function etcdFlags(directory: string): readonly string[] {
  return [
    "--name=lab",
    `--data-dir=${clusterFiles(directory).etcdData}`,
    `--listen-client-urls=${ETCD_CLIENT}`,
    `--advertise-client-urls=${ETCD_CLIENT}`,
    `--listen-peer-urls=${ETCD_PEER}`,
    `--initial-advertise-peer-urls=${ETCD_PEER}`,
    `--initial-cluster=lab=${ETCD_PEER}`,
    // The only member has no competitor; with the default times its election takes a second.
    "--heartbeat-interval=10",
    "--election-timeout=100",
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

/** `address` is the host's own; the loopback address where there is none, which no Endpoints object may hold. */
export function apiServerFlags(directory: string, address: string): readonly string[] {
  const files = clusterFiles(directory);
  return [
    `--etcd-servers=${ETCD_CLIENT}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--endpoint-reconciler-type=${address.startsWith("127.") ? "none" : "lease"}`,
    `--secure-port=${API_PORT}`,
    `--cert-dir=${files.certificates}`,
    `--service-account-issuer=https://kubernetes.default.svc`,
    `--service-account-key-file=${files.serviceAccountKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    `--service-cluster-ip-range=${SERVICE_NETWORKS}`,
    `--token-auth-file=${files.tokens}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged",
  ];
}

/** What tests of Hawser need: workloads become pods, pods endpoints, the lost is noticed and the deleted collected. */
const CONTROLLERS = [
  "daemonset-controller",
  "deployment-controller",
  "disruption-controller",
  "endpointslice-controller",
  "garbage-collector-controller",
  "namespace-controller",
  "node-lifecycle-controller",
  "pod-garbage-collector-controller",
  "replicaset-controller",
  "root-ca-certificate-publisher-controller",
  "serviceaccount-controller",
  "statefulset-controller",
  "taint-eviction-controller",
];

export function controllerManagerFlags(directory: string, user: string): readonly string[] {
  const files = clusterFiles(directory);
  return [
    `--kubeconfig=${files.kubeconfigOf(user)}`,
    `--root-ca-file=${files.ca}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    // Each controller acts as its own ServiceAccount, with exactly the rights that Kubernetes gives it.
    "--use-service-account-credentials",
    `--controllers=${CONTROLLERS.join(",")}`,
    "--leader-elect=false",
    "--secure-port=0",
    // Its own brake of 20 requests a second would make each start seconds longer.
    "--kube-api-qps=500",
    "--kube-api-burst=1000",
  ];
}

export function kubeProxyFlags(directory: string, user: string, node: string): readonly string[] {
  return [
    `--kubeconfig=${clusterFiles(directory).kubeconfigOf(user)}`,
    `--hostname-override=${node}`,
    `--cluster-cidr=${podNetworks.ipv4},${podNetworks.ipv6}`,
    // The connection table's size belongs to the whole machine, not to a namespace of it.
    "--conntrack-max-per-core=0",
    "--nodeport-addresses=primary",
    // At this level it says when its rules are complete.
    "-v=2",
  ];
}

import { stringify } from "yaml";
import type { NodePackages } from "./node-packages.ts";

/** The image that holds each pod's namespaces; made by `writePauseImage`. */
export const PAUSE_IMAGE = "hawser.test/pause:1";
export const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";

/** What a node may give its pods, of both families. */
interface PodRanges {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** containerd 1.6 (configuration version 2), as root of a machine that may lack CAP_SYS_RESOURCE. */
export function containerdConfig(packages: NodePackages, networkConfig: string): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Without it every pod dies where root may not lower a score ("can't get final child's PID from pipe: EOF").
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${packages.networkPlugins}"
    conf_dir = "${networkConfig}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "${packages.runc}"
      SystemdCgroup = false
`;
}

/** A link of its own from the node to each pod, with a route: what pods of one node say to each other is forwarded too. */
export function networkConfig(pods: PodRanges): string {
  const ipam = {
    type: "host-local",
    dataDir: "/run/cni",
    ranges: [[{ subnet: pods.ipv4 }], [{ subnet: pods.ipv6 }]],
    routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
  };
  return JSON.stringify({ cniVersion: "1.0.0", name: "pods", plugins: [{ type: "ptp", ipam }] });
}

/** Only the nodes know the pods' addresses: what leaves for the LAN has the node's own. */
export function masqueradeRules(pods: PodRanges): string {
  return `table inet pods {
  chain leave {
    type nat hook postrouting priority srcnat;
    ip saddr ${pods.ipv4} ip daddr != ${pods.ipv4} masquerade
    ip6 saddr ${pods.ipv6} ip6 daddr != ${pods.ipv6} masquerade
  }
}
`;
}

/** The kubelet's own file (kubelet.config.k8s.io/v1beta1). */
export function kubeletConfig(clientAuthority: string): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: clientAuthority },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: "cgroupfs",
    failCgroupV1: false,
    failSwapOn: false,
    // Other processes of this machine must not evict a pod, and a full disk must not remove its image.
    evictionHard: { "memory.available": "100Mi" },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // It renews its Lease four times in this time; the node-lifecycle controller must know a dead node soon.
    nodeLeaseDurationSeconds: 12,
    oomScoreAdj: 0,
    resolvConf: "",
    // No server answers there: only names of a cluster would be asked for.
    clusterDNS: ["10.96.0.10"],
    clusterDomain: "cluster.local",
    // How late a pod sees a changed ConfigMap or Secret.
    syncFrequency: "10s",
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
  });
}

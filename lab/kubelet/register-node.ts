import { podNetworks, podSlice } from "#lab/rack/host-addresses.ts";
import type { ClusterApi } from "#lab/cluster/cluster-api.ts";
import type { Host } from "#lab/rack/host.ts";
import { microTime } from "#src/source/kubernetes/leases/lease.ts";
import { isoSeconds } from "./container.ts";

const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const MERGE_PATCH = "application/merge-patch+json";
/** What a kubelet writes into its Lease. */
const LEASE_SECONDS = 40;
const CONDITIONS = { MemoryPressure: "False", DiskPressure: "False", PIDPressure: "False", Ready: "True" };

/** Makes the Node object, as the node itself; one that is there stays. `number` from 1, in a rack of `nodes`. */
export async function registerNode(
  api: ClusterApi,
  node: Host,
  at: { readonly number: number; readonly nodes: number },
): Promise<void> {
  const slice = podSlice(at.number, at.nodes);
  const labels = { "kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux", "kubernetes.io/arch": arch() };
  const spec = { podCIDR: slice.ipv4, podCIDRs: [slice.ipv4, slice.ipv6] };
  const made = await api.request({ path: "/api/v1/nodes", body: { metadata: { name: node.name, labels }, spec } });
  if (made.status !== 201 && made.status !== 409) throw new Error(`cannot register ${node.name}: ${said(made.body)}`);
  await reportNode(api, node);
}

/** Writes the status of the Node: its addresses, and that it is ready. */
export async function reportNode(api: ClusterApi, node: Host): Promise<void> {
  const now = isoSeconds();
  const resources = { cpu: "8", memory: "16Gi", pods: "110" };
  const status = {
    addresses: [
      ...node.addresses.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: node.name },
    ],
    capacity: resources,
    allocatable: resources,
  };
  const conditions = Object.entries(CONDITIONS).map(([type, state]) => ({
    type,
    status: state,
    reason: "LabKubelet",
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }));
  const path = `/api/v1/nodes/${node.name}/status`;
  await api.must({ method: "PATCH", path, contentType: MERGE_PATCH, body: { status } });
  // Conditions of others stay: only this kind of patch takes the list by type.
  const contentType = "application/strategic-merge-patch+json";
  await api.must({ method: "PATCH", path, contentType, body: { status: { conditions } } });
}

/** Renews the node's Lease, or makes it. Rejects where the API server cannot be reached within the time. */
export async function renewLease(api: ClusterApi, node: Host, timeoutMs: number): Promise<void> {
  const renewTime = microTime(Date.now());
  const spec = { holderIdentity: node.name, leaseDurationSeconds: LEASE_SECONDS, renewTime };
  const path = `${LEASES}/${node.name}`;
  const patch = { method: "PATCH", path, contentType: MERGE_PATCH, body: { spec }, timeoutMs };
  const { status } = await api.request(patch);
  if (status === 404) await api.must({ path: LEASES, body: { metadata: { name: node.name }, spec }, timeoutMs });
  else if (status !== 200) throw new Error(`cannot renew the Lease of ${node.name}: status ${status}`);
}

/**
 * What a network plugin does on a node: pods that reach out of the pods' networks leave with the node's address,
 * because only the nodes have routes back to them. Replies on connections from outside are not touched.
 */
export const podEgressRules = `add table inet pod-egress
delete table inet pod-egress
table inet pod-egress {
  chain postrouting {
    type nat hook postrouting priority srcnat + 10;
    ip saddr ${podNetworks.ipv4} ip daddr != ${podNetworks.ipv4} masquerade
    ip6 saddr ${podNetworks.ipv6} ip6 daddr != ${podNetworks.ipv6} masquerade
  }
}
`;

function arch(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}

function said(body: unknown): string {
  return (body as { message?: string } | null)?.message ?? JSON.stringify(body);
}

import type { Family, Ip } from "#src/ip/address.ts";

export type Protocol = "TCP" | "UDP" | "SCTP";

/** One entry of `spec.ports`. */
export interface ServicePort {
  /** Empty where the only port is unnamed. */
  readonly name: string;
  readonly protocol: Protocol;
  /** 1 to 65535. */
  readonly port: number;
  /** Number, or the name of a container port; equal to `port` where left out. */
  readonly targetPort: number | string;
}

/** A Service, strictly read. */
export interface Service {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  /** Which families it wants an address of, primary first: `spec.ipFamilies`, else derived from `clusterIPs`, else IPv4. */
  readonly families: readonly Family[];
  readonly ipFamilyPolicy: "SingleStack" | "PreferDualStack" | "RequireDualStack";
  readonly ports: readonly ServicePort[];
  readonly selector: Readonly<Record<string, string>>;
  readonly externalTrafficPolicy: "Cluster" | "Local";
  readonly loadBalancerClass: string | undefined;
  /** At most one of a family; from `hawser.dev/load-balancer-ips`, `metallb.io/loadBalancerIPs`, `spec.loadBalancerIP`. */
  readonly requestedAddresses: readonly Ip[];
  /** From `hawser.dev/address-pool` or MetalLB's `address-pool` annotation. */
  readonly requestedPool: string | undefined;
  /** From `hawser.dev/sharing-key` or MetalLB's `allow-shared-ip`; empty means no sharing. */
  readonly sharingKey: string;
  /** What status says it has now: `status.loadBalancer.ingress[].ip`, in that order. */
  readonly assignedAddresses: readonly Ip[];
}

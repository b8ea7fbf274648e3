/**
 * The annotations in which a Service says what it wants, by the wish; the first that is written wins. Ours come first,
 * then MetalLB's (the name since 0.13 before the older one), then those of other providers that a cluster may come from.
 */
export const WISHES = {
  addresses: [
    "hawser.dev/load-balancer-ips",
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/loadBalancerIPs",
    "kube-vip.io/loadbalancerIPs",
    "lbipam.cilium.io/ips",
    "io.cilium/lb-ipam-ips",
  ],
  pool: ["hawser.dev/address-pool", "metallb.io/address-pool", "metallb.universe.tf/address-pool"],
  sharingKey: [
    "hawser.dev/sharing-key",
    "metallb.io/allow-shared-ip",
    "metallb.universe.tf/allow-shared-ip",
    "lbipam.cilium.io/sharing-key",
  ],
} as const;

/** The annotation whose sharing key counts within one namespace only, as in Cilium. */
export const CILIUM_SHARING_KEY = "lbipam.cilium.io/sharing-key";

import type { Link } from "#src/linux/link-watcher.ts";

/** Interfaces on which kube-proxy and others keep addresses of Services, on every node. */
const HOLDER_NAMES = /^(?:kube-ipvs|kube-lb|dummy|nodelocaldns)/;

/**
 * Whether the link only holds addresses for programs of this machine, and has no wire: an address there does not say
 * that this machine is meant, because kube-proxy in IPVS mode keeps those of all Services there, on every node.
 */
export function isAddressHolder({ loopback, kind, name }: Pick<Link, "loopback" | "kind" | "name">): boolean {
  return loopback || kind === "dummy" || HOLDER_NAMES.test(name);
}

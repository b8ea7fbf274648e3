import type { Link } from "./link-watcher.ts";

/** Why no address is announced on a link. */
export type UnusableReason =
  | "loopback"
  | "excluded-name"
  | "vrf"
  | "enslaved"
  | "down"
  | "no-arp"
  | "no-broadcast"
  | "no-ethernet-address";

/**
 * Links that belong to container networks and tunnels, by name and not by kind: what a machine's network manager
 * names `eth0` is meant for clients, whatever its driver.
 */
const EXCLUDED_NAMES = /^(?:veth|docker|cbr|cni|cali|lxc|tunl|flannel|kube-ipvs|dummy|virbr|nodelocaldns)/;

/** Why the link cannot carry announcements; undefined if it can. A fault of its nature comes before one that passes. */
export function whyUnusable(link: Link): UnusableReason | undefined {
  if (link.loopback) return "loopback";
  if (EXCLUDED_NAMES.test(link.name)) return "excluded-name";
  // A VRF has no wire: it is a table of routes, and ARP and NDP of its ports are those of the ports themselves.
  if (link.kind === "vrf") return "vrf";
  // A bridge or bond takes the frames before a socket on its port sees them: the master is the one to listen on.
  if (link.masterIndex !== undefined && link.masterKind !== "vrf") return "enslaved";
  if (link.noArp) return "no-arp";
  if (!link.broadcast) return "no-broadcast";
  if (link.mac.length !== 6) return "no-ethernet-address";
  return link.up ? undefined : "down";
}

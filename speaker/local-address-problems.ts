import type { WantedAddress } from "#src/election/member.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import type { ArpSysctls } from "#src/linux/arp-sysctls.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import type { Problem } from "#src/model/problem.ts";
import { isAddressHolder } from "./address-holder.ts";
import { namedAddresses } from "./named-addresses.ts";

export interface LocalAddressView {
  /** All links of this machine. */
  readonly links: Iterable<Link>;
  readonly wanted: ReadonlyMap<string, WantedAddress>;
  /** The interfaces that answer ARP here. */
  readonly serving: readonly string[];
  arpSysctls(interfaceName: string): ArpSysctls;
}

/**
 * A Problem for each interface of this machine that has addresses which are to be announced: the kernel answers for
 * these, whichever node owns them. kube-proxy in IPVS mode keeps all of them on every node, which is right where the kernel is
 * set not to answer (strictARP). Over IPv6 the kernel does not answer for addresses of an interface without a wire.
 */
export function localAddressProblems(view: LocalAddressView): readonly Problem[] {
  return [...view.links].flatMap((link) => {
    const ips = link.addresses.map(({ ip }) => ip).filter((ip) => isAnnounced(view.wanted.get(printIp(ip))));
    return isAddressHolder(link) ? heldProblem(link, ips, view) : ownedProblem(link, ips);
  });
}

/** One that a Node or a gateway has, or that is reserved, is said to be so elsewhere. */
function isAnnounced(wanted: WantedAddress | undefined): boolean {
  return wanted !== undefined && (wanted.forbidden === undefined || wanted.forbidden === "MemberAddress");
}

function heldProblem({ name }: Link, ips: readonly Ip[], view: LocalAddressView): readonly Problem[] {
  const ipv4 = ips.filter(({ family }) => family === "ipv4");
  const loose = view.serving.find((serving) => !isStrict(view.arpSysctls(serving)));
  if (ipv4.length === 0 || loose === undefined) return [];
  const { ignore, announce } = view.arpSysctls(loose);
  const sysctls = "net.ipv4.conf.all.arp_ignore=1 and net.ipv4.conf.all.arp_announce=2";
  const fix = name.startsWith("kube-ipvs")
    ? `Set strictARP: true in the section ipvs of kube-proxy's configuration, which sets ${sysctls}`
    : `Remove the addresses from ${name} (ip address delete ADDRESS dev ${name}), or set ${sysctls}`;
  const why = `with arp_ignore=${ignore} and arp_announce=${announce} on ${loose} the kernel of this machine answers for them or asks in their name, also while another node owns them`;
  return [problemOf(name, ipv4, { why, fix })];
}

/** Whether the kernel keeps silent about the addresses of other interfaces. */
function isStrict({ ignore, announce }: ArpSysctls): boolean {
  return (ignore === 1 || ignore === 2 || ignore === 8) && announce === 2;
}

function ownedProblem({ name }: Link, ips: readonly Ip[]): readonly Problem[] {
  if (ips.length === 0) return [];
  const why = "the kernel of this machine answers for them, and no speaker announces the address of a machine";
  const fix = `Remove the addresses from ${name} (ip address delete ADDRESS dev ${name}), and stop the program that put them there`;
  return [problemOf(name, ips, { why, fix })];
}

function problemOf(name: string, ips: readonly Ip[], text: Pick<Problem, "why" | "fix">): Problem {
  const { named, addresses } = namedAddresses(ips);
  return {
    code: "ADDRESS_ON_LOCAL_INTERFACE",
    at: { kind: "interface", name },
    what: `${name} has ${ips.length} of the addresses to announce: ${named}`,
    ...text,
    severity: "error",
    addresses,
  };
}

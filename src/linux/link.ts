import { compareIps, type Ip, printIp } from "#src/ip/address.ts";
import {
  type AddressMessage,
  IFA_F_DADFAILED,
  IFA_F_OPTIMISTIC,
  IFA_F_TENTATIVE,
  IFF_BROADCAST,
  IFF_LOOPBACK,
  IFF_LOWER_UP,
  IFF_NOARP,
  IFF_UP,
  type LinkMessage,
} from "#src/wire/rtnetlink.ts";

interface LinkAddress {
  readonly ip: Ip;
  readonly prefixLength: number;
  readonly scope: "global" | "link" | "host" | "other";
}

/** A network device as netlink tells it. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** The Ethernet address, 6 bytes; empty if the link has none of that length. */
  readonly mac: Uint8Array;
  /** Switched on (IFF_UP) and with carrier (IFF_LOWER_UP). */
  readonly up: boolean;
  readonly broadcast: boolean;
  readonly noArp: boolean;
  readonly loopback: boolean;
  /** The bridge, bond or VRF that the link is a port of. */
  readonly masterIndex: number | undefined;
  /** The kind of that bridge, bond or VRF ("bridge", "bond", "vrf"). */
  readonly masterKind: string | undefined;
  /** The driver's kind ("veth", "bridge", "vlan"); undefined for plain hardware. */
  readonly kind: string | undefined;
  /** In the order of `compareIps`. Those that may not be used (duplicate address detection runs or failed) are left out. */
  readonly addresses: readonly LinkAddress[];
}

/** Those by which others reach the machine: not the link-local ones. */
export function globalAddresses({ addresses }: Pick<Link, "addresses">): readonly LinkAddress[] {
  return addresses.filter(({ scope }) => scope === "global");
}

/** RT_SCOPE_* of rtnetlink(7). */
const SCOPES = new Map<number, LinkAddress["scope"]>([
  [0, "global"],
  [253, "link"],
  [254, "host"],
]);

/**
 * The links of a dump, by index. Links that are as they were in `before` are the same objects; if all are, the result
 * is `before` itself.
 */
export function linksOf(
  messages: readonly (LinkMessage | AddressMessage)[],
  before: ReadonlyMap<number, Link>,
): ReadonlyMap<number, Link> {
  const addresses = Map.groupBy(
    messages.filter((message) => message.kind === "address").filter(isUsable),
    ({ interfaceIndex }) => interfaceIndex,
  );
  const links = new Map<number, Link>();
  let isSame = true;
  for (const message of messages) {
    if (message.kind !== "link") continue;
    const link = linkOf(message, addresses.get(message.index) ?? []);
    const old = before.get(link.index);
    const isUnchanged = old !== undefined && printLink(old) === printLink(link);
    links.set(link.index, isUnchanged ? old : link);
    isSame &&= isUnchanged;
  }
  return isSame && links.size === before.size ? before : links;
}

function isUsable({ flags }: AddressMessage): boolean {
  if ((flags & IFA_F_DADFAILED) !== 0) return false;
  return (flags & IFA_F_TENTATIVE) === 0 || (flags & IFA_F_OPTIMISTIC) !== 0;
}

function linkOf(message: LinkMessage, addresses: readonly AddressMessage[]): Link {
  const has = (flag: number): boolean => (message.flags & flag) !== 0;
  return {
    index: message.index,
    name: message.name,
    mac: message.address.length === 6 ? message.address : new Uint8Array(0),
    up: has(IFF_UP) && has(IFF_LOWER_UP),
    broadcast: has(IFF_BROADCAST),
    noArp: has(IFF_NOARP),
    loopback: has(IFF_LOOPBACK),
    masterIndex: message.masterIndex,
    masterKind: message.masterKind,
    kind: message.linkKind,
    addresses: addresses
      .map(({ ip, prefixLength, scope }) => ({ ip, prefixLength, scope: SCOPES.get(scope) ?? "other" }))
      .sort((left, right) => compareIps(left.ip, right.ip) || left.prefixLength - right.prefixLength),
  };
}

/** All that a link is, as text: equal text, equal link. */
function printLink(link: Link): string {
  const addresses = link.addresses.map(({ ip, prefixLength, scope }) => `${printIp(ip)}/${prefixLength} ${scope}`);
  return JSON.stringify({ ...link, mac: [...link.mac], addresses });
}

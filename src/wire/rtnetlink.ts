import { type Ip, ipFromBytes } from "#src/ip/address.ts";
import { decodeAttributes, encodeNetlinkMessage, type NetlinkMessage, NLM_F_DUMP, NLM_F_REQUEST } from "./netlink.ts";

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;

/** struct ifinfomsg: family u8, pad, type u16, index i32, flags u32, change u32. */
const LINK = { family: 0, index: 4, flags: 8, end: 16 } as const;
/** struct ifaddrmsg: family, prefix length, flags, scope (u8 each), index u32. */
const ADDRESS = { prefixLength: 1, flags: 2, scope: 3, index: 4, end: 8 } as const;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MASTER = 10;
const IFLA_OPERSTATE = 16;
const IFLA_LINKINFO = 18;
const IFLA_EXT_MASK = 29;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_SLAVE_KIND = 4;
/** Leaves the IPv6 counters out of the dump, a quarter of its bytes. */
const RTEXT_FILTER_SKIP_STATS = 8;

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;

export const IFF_UP = 0x1;
export const IFF_BROADCAST = 0x2;
export const IFF_LOOPBACK = 0x8;
export const IFF_NOARP = 0x80;
/** The carrier is there. */
export const IFF_LOWER_UP = 0x10000;

/** Addresses that a neighbour may not use yet, or never: duplicate address detection runs or has failed (RFC 4862). */
export const IFA_F_DADFAILED = 0x08;
export const IFA_F_TENTATIVE = 0x40;
/** Tentative, but usable meanwhile (RFC 4429). */
export const IFA_F_OPTIMISTIC = 0x04;

export interface LinkMessage {
  readonly kind: "link";
  readonly isDeleted: boolean;
  readonly index: number;
  /** Bits as IFF_UP. */
  readonly flags: number;
  readonly name: string;
  /** The link-layer address, of whatever length the link has; empty if none. */
  readonly address: Uint8Array;
  /** RFC 2863 operational state: 6 is up, 0 unknown. */
  readonly operationalState: number;
  readonly masterIndex: number | undefined;
  /** The kind of the link that this one is a port of ("bridge", "bond", "vrf"). */
  readonly masterKind: string | undefined;
  /** The driver's kind ("veth", "bridge"); undefined for plain hardware and loopback. */
  readonly linkKind: string | undefined;
}

export interface AddressMessage {
  readonly kind: "address";
  readonly isDeleted: boolean;
  readonly interfaceIndex: number;
  readonly ip: Ip;
  readonly prefixLength: number;
  /** RT_SCOPE_*: 0 universe, 200 site, 253 link, 254 host. */
  readonly scope: number;
  /** Bits as IFA_F_TENTATIVE. */
  readonly flags: number;
}

/** A request for all links. */
export function encodeLinkDumpRequest(sequence: number): Uint8Array {
  const payload = new Uint8Array(LINK.end + 8);
  const view = new DataView(payload.buffer);
  view.setUint16(LINK.end, 8, true);
  view.setUint16(LINK.end + 2, IFLA_EXT_MASK, true);
  view.setUint32(LINK.end + 4, RTEXT_FILTER_SKIP_STATS, true);
  return encodeNetlinkMessage({ ...dumpRequest(sequence), type: RTM_GETLINK, payload });
}

/** A request for all addresses, of both families. */
export function encodeAddressDumpRequest(sequence: number): Uint8Array {
  return encodeNetlinkMessage({
    ...dumpRequest(sequence),
    type: RTM_GETADDR,
    payload: new Uint8Array(ADDRESS.end),
  });
}

function dumpRequest(sequence: number): Pick<NetlinkMessage, "flags" | "sequence" | "portId"> {
  return { flags: NLM_F_REQUEST | NLM_F_DUMP, sequence, portId: 0 };
}

/** Reads a link or address message. Undefined for other types, other families and payloads that are too short. */
export function decodeRtnetlink(message: NetlinkMessage): LinkMessage | AddressMessage | undefined {
  switch (message.type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return decodeLink(message.payload, message.type === RTM_DELLINK);
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return decodeAddress(message.payload, message.type === RTM_DELADDR);
    default:
      return undefined;
  }
}

function decodeLink(payload: Uint8Array, isDeleted: boolean): LinkMessage | undefined {
  // A family other than unspecified is a bridge port's or a protocol's view of the link, not the link.
  if (payload.length < LINK.end || payload[LINK.family] !== 0) return undefined;
  const view = viewOf(payload);
  const attributes = decodeAttributes(payload.subarray(LINK.end));
  const linkInfo = decodeAttributes(attributes.get(IFLA_LINKINFO) ?? new Uint8Array(0));
  return {
    kind: "link",
    isDeleted,
    index: view.getInt32(LINK.index, true),
    flags: view.getUint32(LINK.flags, true),
    name: decodeText(attributes.get(IFLA_IFNAME)) ?? "",
    address: Uint8Array.from(attributes.get(IFLA_ADDRESS) ?? []),
    operationalState: attributes.get(IFLA_OPERSTATE)?.[0] ?? 0,
    masterIndex: decodeUint32(attributes.get(IFLA_MASTER)),
    masterKind: decodeText(linkInfo.get(IFLA_INFO_SLAVE_KIND)),
    linkKind: decodeText(linkInfo.get(IFLA_INFO_KIND)),
  };
}

function decodeAddress(payload: Uint8Array, isDeleted: boolean): AddressMessage | undefined {
  if (payload.length < ADDRESS.end) return undefined;
  const view = viewOf(payload);
  const attributes = decodeAttributes(payload.subarray(ADDRESS.end));
  // On a point-to-point link IFA_ADDRESS is the peer's, IFA_LOCAL ours.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (bytes?.length !== 4 && bytes?.length !== 16) return undefined;
  return {
    kind: "address",
    isDeleted,
    interfaceIndex: view.getUint32(ADDRESS.index, true),
    ip: ipFromBytes(bytes),
    prefixLength: view.getUint8(ADDRESS.prefixLength),
    scope: view.getUint8(ADDRESS.scope),
    flags: decodeUint32(attributes.get(IFA_FLAGS)) ?? view.getUint8(ADDRESS.flags),
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decodeUint32(bytes: Uint8Array | undefined): number | undefined {
  return bytes === undefined || bytes.length < 4 ? undefined : viewOf(bytes).getUint32(0, true);
}

/** Text up to the terminating zero. */
function decodeText(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

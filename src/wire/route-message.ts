import { type Family, type Ip, ipFromBytes } from "#src/ip/address.ts";
import { type Cidr, cidrOf } from "#src/ip/cidr.ts";
import { decodeAttributes, encodeNetlinkMessage, type NetlinkMessage, NLM_F_DUMP, NLM_F_REQUEST } from "./netlink.ts";

const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;

/** struct rtmsg: family, destination length, source length, tos, table, protocol, scope, type (u8 each), flags u32. */
const ROUTE = { family: 0, destinationLength: 1, table: 4, type: 7, flags: 8, end: 12 } as const;
/** struct rtnexthop: length u16 that counts itself, flags u8, hops u8, interface index i32. */
const HOP = { length: 0, interfaceIndex: 4, end: 8 } as const;

const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_MULTIPATH = 9;
const RTA_TABLE = 15;
/** struct rtvia: family u16, address. The gateway of a route of the other family (RFC 5549). */
const RTA_VIA = 18;
const VIA_ADDRESS = 2;

/** A route to machines: not a local, broadcast, blackhole or multicast one. */
const RTN_UNICAST = 1;
/** A cached copy of a route, not the route. */
const RTM_F_CLONED = 0x200;

/** The main table, where interfaces and their networks are routed. */
export const RT_TABLE_MAIN = 254;

/** AF_INET, AF_INET6. */
const FAMILY_BYTES: Readonly<Record<Family, number>> = { ipv4: 2, ipv6: 10 };

interface RouteHop {
  /** Undefined where the destination is on the link itself. */
  readonly gateway: Ip | undefined;
  readonly interfaceIndex: number;
}

/** A unicast route. */
export interface RouteMessage {
  /** Prefix length 0: a default route. */
  readonly destination: Cidr;
  readonly table: number;
  /** The lower, the better. */
  readonly metric: number;
  readonly hops: readonly RouteHop[];
}

/** A request for all unicast routes of a family, of all tables. */
export function encodeRouteDumpRequest(sequence: number, family: Family): Uint8Array {
  const payload = new Uint8Array(ROUTE.end);
  payload[ROUTE.family] = FAMILY_BYTES[family];
  // Only a kernel that was asked to look at it (NETLINK_GET_STRICT_CHK) does: it then leaves out the local routes.
  payload[ROUTE.type] = RTN_UNICAST;
  return encodeNetlinkMessage({
    type: RTM_GETROUTE,
    flags: NLM_F_REQUEST | NLM_F_DUMP,
    sequence,
    portId: 0,
    payload,
  });
}

/** Reads a unicast route. Undefined for other messages, other families and payloads that are too short. */
export function decodeRoute({ type, payload }: NetlinkMessage): RouteMessage | undefined {
  if (type !== RTM_NEWROUTE || payload.length < ROUTE.end || payload[ROUTE.type] !== RTN_UNICAST) return undefined;
  const view = viewOf(payload);
  const family = payload[ROUTE.family];
  if ((view.getUint32(ROUTE.flags, true) & RTM_F_CLONED) !== 0) return undefined;
  if (family !== FAMILY_BYTES.ipv4 && family !== FAMILY_BYTES.ipv6) return undefined;
  const attributes = decodeAttributes(payload.subarray(ROUTE.end));
  const base = attributes.get(RTA_DST) ?? new Uint8Array(family === FAMILY_BYTES.ipv4 ? 4 : 16);
  if (base.length !== 4 && base.length !== 16) return undefined;
  const destination = cidrOf(ipFromBytes(base), view.getUint8(ROUTE.destinationLength));
  if (destination === undefined) return undefined;
  const hops = decodeHops(attributes.get(RTA_MULTIPATH));
  return {
    destination,
    table: decodeUint32(attributes.get(RTA_TABLE)) ?? view.getUint8(ROUTE.table),
    metric: decodeUint32(attributes.get(RTA_PRIORITY)) ?? 0,
    hops: hops.length > 0 ? hops : [hopOf(attributes, decodeUint32(attributes.get(RTA_OIF)) ?? 0)],
  };
}

/** The next hops of a route that has several. Stops where a length does not fit. */
function decodeHops(bytes: Uint8Array | undefined): readonly RouteHop[] {
  const hops: RouteHop[] = [];
  if (bytes === undefined) return hops;
  const view = viewOf(bytes);
  for (let start = 0; start + HOP.end <= bytes.length;) {
    const length = view.getUint16(start + HOP.length, true);
    if (length < HOP.end || start + length > bytes.length) break;
    const attributes = decodeAttributes(bytes.subarray(start + HOP.end, start + length));
    hops.push(hopOf(attributes, view.getInt32(start + HOP.interfaceIndex, true)));
    start += Math.ceil(length / 4) * 4;
  }
  return hops;
}

function hopOf(attributes: ReadonlyMap<number, Uint8Array>, interfaceIndex: number): RouteHop {
  const bytes = attributes.get(RTA_GATEWAY) ?? attributes.get(RTA_VIA)?.subarray(VIA_ADDRESS);
  const isAddress = bytes?.length === 4 || bytes?.length === 16;
  return { gateway: isAddress ? ipFromBytes(bytes) : undefined, interfaceIndex };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decodeUint32(bytes: Uint8Array | undefined): number | undefined {
  return bytes === undefined || bytes.length < 4 ? undefined : viewOf(bytes).getUint32(0, true);
}

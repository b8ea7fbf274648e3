import { type Ip, ipFromBytes, ipToBytes } from "#src/ip/address.ts";
import { decodeOptions, encodeOptions, type NdpOption } from "./ndp-option.ts";

/** ICMPv6 types (RFC 4861 sections 4.3 and 4.4). */
export const TYPE_NEIGHBOR_SOLICITATION = 135;
export const TYPE_NEIGHBOR_ADVERTISEMENT = 136;

/** The only hop limit a receiver accepts: proof that no router forwarded the packet (RFC 4861 section 7.1). */
export const NDP_HOP_LIMIT = 255;

/** All nodes on the link (RFC 4291 section 2.7.1). */
export const ALL_NODES: Ip = { family: "ipv6", value: 0xff02_0000_0000_0000_0000_0000_0000_0001n };

const TARGET = 4;
const OPTIONS = 20;

const ROUTER_BIT = 0x80;
const SOLICITED_BIT = 0x40;
const OVERRIDE_BIT = 0x20;

/** The body of a neighbor solicitation: who has the target? (RFC 4861 section 4.3) */
export interface NeighborSolicitation {
  readonly target: Ip;
  readonly options: readonly NdpOption[];
}

/** The body of a neighbor advertisement (RFC 4861 section 4.4). */
export interface NeighborAdvertisement {
  readonly target: Ip;
  /** R: the sender forwards packets of others. */
  readonly router: boolean;
  /** S: an answer to a solicitation, proof that both directions work. */
  readonly solicited: boolean;
  /** O: replaces the link-layer address a neighbour already knows. */
  readonly override: boolean;
  readonly options: readonly NdpOption[];
}

/** Writes the ICMPv6 body of a neighbor solicitation. */
export function encodeNeighborSolicitation({ target, options }: NeighborSolicitation): Uint8Array {
  return encodeBody(0, target, options);
}

/** Reads the ICMPv6 body of a neighbor solicitation. Undefined if under 20 bytes or its options are malformed. */
export function decodeNeighborSolicitation(body: Uint8Array): NeighborSolicitation | undefined {
  return decodeBody(body);
}

/** Writes the ICMPv6 body of a neighbor advertisement. */
export function encodeNeighborAdvertisement(advertisement: NeighborAdvertisement): Uint8Array {
  const { target, router, solicited, override, options } = advertisement;
  const flags = (router ? ROUTER_BIT : 0) | (solicited ? SOLICITED_BIT : 0) | (override ? OVERRIDE_BIT : 0);
  return encodeBody(flags, target, options);
}

/** Reads the ICMPv6 body of a neighbor advertisement. Undefined if under 20 bytes or its options are malformed. */
export function decodeNeighborAdvertisement(body: Uint8Array): NeighborAdvertisement | undefined {
  const decoded = decodeBody(body);
  if (decoded === undefined) return undefined;
  const flags = body[0] ?? 0;
  return {
    ...decoded,
    router: (flags & ROUTER_BIT) !== 0,
    solicited: (flags & SOLICITED_BIT) !== 0,
    override: (flags & OVERRIDE_BIT) !== 0,
  };
}

/** The link-layer address in the first option of the kind, if it is an Ethernet one. */
export function linkLayerAddress(
  { options }: { readonly options: readonly NdpOption[] },
  kind: "source-link-layer" | "target-link-layer",
): Uint8Array | undefined {
  for (const option of options) if (option.kind === kind) return option.mac;
  return undefined;
}

function encodeBody(flags: number, target: Ip, options: readonly NdpOption[]): Uint8Array {
  const encoded = encodeOptions(options);
  const body = new Uint8Array(OPTIONS + encoded.length);
  body[0] = flags;
  body.set(ipToBytes(target), TARGET);
  body.set(encoded, OPTIONS);
  return body;
}

function decodeBody(body: Uint8Array): NeighborSolicitation | undefined {
  if (body.length < OPTIONS) return undefined;
  const options = decodeOptions(body.subarray(OPTIONS));
  return options === undefined ? undefined : { target: ipFromBytes(body.subarray(TARGET, OPTIONS)), options };
}

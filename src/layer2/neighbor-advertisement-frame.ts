import type { Ip } from "#src/ip/address.ts";
import { encodeNeighborAdvertisement, TYPE_NEIGHBOR_ADVERTISEMENT } from "#src/wire/ndp.ts";
import { ndpFrame } from "./ndp-frame.ts";

export interface NeighborAdvertisementOptions {
  /** The address that is at `mac`. */
  readonly target: Ip;
  readonly mac: Uint8Array;
  readonly destination: Ip;
  readonly destinationMac: Uint8Array;
  /** True for the answer to a solicitation from an address (RFC 4861 section 7.2.4). */
  readonly solicited: boolean;
}

/**
 * A whole frame with a neighbor advertisement for an announced address: override set, since we are neither a proxy nor
 * anycast, and router never, since clients would then route through us.
 *
 * Its IPv6 source is the announced address itself and not our link-local one: to neighbours we are the machine that has
 * the address, and such a machine answers from it (Linux does). A switch that checks source addresses against the
 * announced ones sees one consistent claim, and an interface without a link-local address can serve too.
 */
export function neighborAdvertisementFrame(options: NeighborAdvertisementOptions): Uint8Array {
  const { target, mac, destination, destinationMac, solicited } = options;
  const flags = { router: false, solicited, override: true };
  const body = encodeNeighborAdvertisement({ target, ...flags, options: [{ kind: "target-link-layer", mac }] });
  const ends = { source: target, sourceMac: mac, destination, destinationMac };
  return ndpFrame({ type: TYPE_NEIGHBOR_ADVERTISEMENT, body, ...ends });
}

import type { Ip } from "#src/ip/address.ts";
import { encodeNeighborSolicitation, type NeighborSolicitation, TYPE_NEIGHBOR_SOLICITATION } from "#src/wire/ndp.ts";
import { multicastMac, solicitedNodeGroup } from "#src/wire/solicited-node.ts";
import { ndpFrame } from "./ndp-frame.ts";

/** Who asks, and what the solicitation says of it. */
export interface Solicitor {
  readonly source: Ip;
  readonly sourceMac: Uint8Array;
  readonly options: NeighborSolicitation["options"];
}

/** A whole frame with a neighbor solicitation, to the solicited-node group of the address. */
export function solicitationFrame(target: Ip, { source, sourceMac, options }: Solicitor): Uint8Array {
  const destination = solicitedNodeGroup(target);
  const body = encodeNeighborSolicitation({ target, options });
  const ends = { source, sourceMac, destination, destinationMac: multicastMac(destination) };
  return ndpFrame({ type: TYPE_NEIGHBOR_SOLICITATION, body, ...ends });
}

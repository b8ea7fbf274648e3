import type { Ip } from "#src/ip/address.ts";
import { probeFrame } from "./probe-frame.ts";
import { solicitationFrame } from "./solicitation-frame.ts";

/** The interface that asks. */
interface AskingLink {
  readonly mac: Uint8Array;
  /** Its link-local IPv6 address; undefined where it has none. */
  readonly linkLocal: Ip | undefined;
}

/**
 * The frame that asks who has an address, so that the answer comes to the asker alone: an ARP probe, or a solicitation from the
 * link-local address (RFC 4861 section 4.3). Without one it is duplicate address detection, which is answered to all nodes.
 */
export function questionFrame(ip: Ip, { mac, linkLocal }: AskingLink): Uint8Array {
  if (ip.family === "ipv4" || linkLocal === undefined) return probeFrame(ip, mac);
  const options = [{ kind: "source-link-layer", mac }] as const;
  return solicitationFrame(ip, { source: linkLocal, sourceMac: mac, options });
}

import type { Ip } from "#src/ip/address.ts";
import type { LabelSelector } from "./label-selector.ts";

/** A router that speakers have a BGP session with. */
export interface BgpPeer {
  readonly name: string;
  /** 1 to 4294967295. */
  readonly myAsn: number;
  /** A number, or `internal` or `external`: the session takes the one that the router sends, if it is of that kind. */
  readonly peerAsn: number | "internal" | "external";
  /** Its address, or the interface that it is found on. */
  readonly peer: Ip | { readonly interface: string };
  readonly peerPort: number;
  readonly sourceAddress?: Ip;
  /** 0: no limit; otherwise 3 or more. Left out: the speaker's default. */
  readonly holdTimeSeconds?: number;
  readonly keepaliveTimeSeconds?: number;
  readonly connectTimeSeconds?: number;
  /** What the speaker calls itself; left out: an address of its node. */
  readonly routerId?: Ip;
  /** For TCP MD5; no message may show it. */
  readonly password?: string;
  /** The name of the Secret with the password. */
  readonly passwordSecret?: string;
  /** The name of a BFD profile. */
  readonly bfdProfile?: string;
  readonly ebgpMultiHop: boolean;
  /** The routing table of the node that the session is in; left out: the default one. */
  readonly vrf?: string;
  /** Only nodes that match one of these have the session; none: all do. */
  readonly nodeSelectors: readonly LabelSelector[];
}

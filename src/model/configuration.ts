import type { Advertisement } from "./advertisement.ts";
import type { BfdProfile } from "./bfd-profile.ts";
import type { BgpPeer } from "./bgp-peer.ts";
import type { Pool, UnservedPool } from "./pool.ts";

/** What users configure, strictly read, whatever objects it is written in. */
export interface Configuration {
  /** In the order written: the first that can serve a Service does. */
  readonly pools: readonly Pool[];
  /** Pools that Hawser does not serve, to say so where a Service asks for one of them. */
  readonly unserved: readonly UnservedPool[];
  readonly advertisements: readonly Advertisement[];
  readonly peers: readonly BgpPeer[];
  readonly bfdProfiles: readonly BfdProfile[];
  /** Values of BGP communities (`65000:1`) by the aliases that advertisements use. */
  readonly communities: ReadonlyMap<string, string>;
}

/** A configuration that says nothing. */
export const EMPTY_CONFIGURATION: Configuration = {
  pools: [],
  unserved: [],
  advertisements: [],
  peers: [],
  bfdProfiles: [],
  communities: new Map<string, string>(),
};

/** What two say together; of an alias that both have, the first one's value counts. */
export function joinConfigurations(first: Configuration, second: Configuration): Configuration {
  return {
    pools: [...first.pools, ...second.pools],
    unserved: [...first.unserved, ...second.unserved],
    advertisements: [...first.advertisements, ...second.advertisements],
    peers: [...first.peers, ...second.peers],
    bfdProfiles: [...first.bfdProfiles, ...second.bfdProfiles],
    communities: new Map([...second.communities, ...first.communities]),
  };
}

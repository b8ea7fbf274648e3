import type { LabelSelector } from "./label-selector.ts";

/** A user's rule who announces which pools. */
export type Advertisement = Layer2Advertisement | BgpAdvertisement;

interface Rule {
  readonly name: string;
  /** The object that it is from (`namespace/name`), an L2Advertisement or a BGPAdvertisement; left out: a pool of the ConfigMap. */
  readonly resource?: string;
  /** Names of pools. */
  readonly pools: readonly string[];
  /** Only nodes that match one of these announce; none: all do. */
  readonly nodeSelectors: readonly LabelSelector[];
  /** Only for Services that match one of these; none: for all. */
  readonly serviceSelectors: readonly LabelSelector[];
}

/** Who announces addresses of pools by ARP and NDP. */
export interface Layer2Advertisement extends Rule {
  readonly kind: "layer2";
  /** Interfaces that announce, as `takesInterface` reads them; none: every usable one. */
  readonly interfaces: readonly string[];
  readonly preferredNodes: readonly PreferredNodes[];
}

/** Nodes that come before others: their weights are added up. */
export interface PreferredNodes {
  /** 1 to 100. */
  readonly weight: number;
  readonly selector: LabelSelector;
}

/** Who announces addresses of pools by BGP, and with which attributes. */
export interface BgpAdvertisement extends Rule {
  readonly kind: "bgp";
  /** Names of peers; none: all. */
  readonly peers: readonly string[];
  /** Prefix lengths of the routes: 0 to 32, and 0 to 128 for IPv6. */
  readonly aggregationLength: number;
  readonly aggregationLengthV6: number;
  /** 0 to 4294967295; only for peers of the same autonomous system. */
  readonly localPref: number;
  /** Without aliases, `65000:1` or `large:65000:1:2`. */
  readonly communities: readonly string[];
}

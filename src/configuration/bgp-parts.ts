import type { IpRange } from "#src/ip/range.ts";
import type { BgpAdvertisement } from "#src/model/advertisement.ts";
import type { BfdProfile } from "#src/model/bfd-profile.ts";
import type { BgpPeer } from "#src/model/bgp-peer.ts";
import { complain, type Field } from "#src/model/field.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";

/** All of a configuration that is for BGP, with the places where it is written. */
export interface BgpParts {
  readonly peers: readonly PlacedPeer[];
  readonly advertisements: readonly PlacedAdvertisement[];
  /** By name. */
  readonly profiles: ReadonlyMap<string, BfdProfile>;
  /** The ranges of the pools that are advertised, by name. */
  readonly rangesOf: ReadonlyMap<string, readonly IpRange[]>;
  /** How the form of the configuration spells the keys that Problems are about. */
  readonly keys: {
    readonly peerAddress: string;
    readonly interface: string;
    readonly myAsn: string;
    readonly routerId: string;
    readonly bfdProfile: string;
    readonly localPref: string;
  };
}

export interface PlacedPeer {
  readonly peer: BgpPeer;
  /** What it is called in Problems of others: `BGPPeer "a"`, `peers[0]`. */
  readonly title: string;
  /** Where its keys are. */
  readonly field: Field;
}

export interface PlacedAdvertisement {
  readonly rule: BgpAdvertisement;
  readonly title: string;
  readonly field: Field;
}

/** Pairs that are compared at most: what is beyond them, in a configuration of hundreds of peers, is not looked at. */
export const MOST_PAIRS = 10_000;

/**
 * Warns of what is for BGP and does not fit together. A warning: Hawser uses nothing of it, so that what is announced by
 * ARP and NDP stays as it is.
 */
export function complainOfMisfit(field: Field, text: { what: string; why: string; fix: string }): void {
  complain(field, "BGP_INCONSISTENT", { ...text, severity: "warning" });
}

/**
 * Whether it is certain that a node which matches the first selectors, if there is one, matches the second as well: one of
 * them selects all nodes, or they have a selector in common. What else matches depends on the labels of the Nodes.
 */
export function shareNodes(left: readonly LabelSelector[], right: readonly LabelSelector[]): boolean {
  if (isEverywhere(left) || isEverywhere(right)) return true;
  const texts = new Set(left.map((selector) => JSON.stringify(selector)));
  return right.some((selector) => texts.has(JSON.stringify(selector)));
}

function isEverywhere(selectors: readonly LabelSelector[]): boolean {
  return selectors.length === 0 || selectors.some((selector) => selector.length === 0);
}

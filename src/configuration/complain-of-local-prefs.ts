import type { Family } from "#src/ip/address.ts";
import type { BgpAdvertisement } from "#src/model/advertisement.ts";
import { child, quote } from "#src/model/field.ts";
import { type BgpParts, complainOfMisfit, MOST_PAIRS, type PlacedAdvertisement, shareNodes } from "./bgp-parts.ts";

/**
 * Warns of two advertisements that send the same routes of a pool to the same peers with different local preferences. Where
 * they select Services it depends on these, so nothing is said.
 */
export function complainOfLocalPrefs({ advertisements, rangesOf, keys }: BgpParts): void {
  const told = new Set<PlacedAdvertisement>();
  let pairs = 0;
  for (const [pool, all] of byPool(advertisements)) {
    if (new Set(all.map(({ rule }) => rule.localPref)).size < 2) continue;
    const families = new Set(rangesOf.get(pool)?.map(({ family }) => family));
    for (const [at, one] of all.entries()) {
      if (told.has(one)) continue;
      const other = all.slice(0, at).find(({ rule }) => ++pairs <= MOST_PAIRS && areAtOdds(rule, one.rule, families));
      if (pairs > MOST_PAIRS) return;
      if (other === undefined) continue;
      told.add(one);
      complainOfMisfit(child(one.field, keys.localPref), {
        what: `Cannot use ${keys.localPref} ${one.rule.localPref} for pool ${quote(pool)}`,
        why: `${other.title} sends ${other.rule.localPref} with the same routes to the same peers`,
        fix: `Write the same ${keys.localPref} in both, or let them have different peers or aggregation lengths`,
      });
    }
  }
}

function byPool(advertisements: BgpParts["advertisements"]): ReadonlyMap<string, readonly PlacedAdvertisement[]> {
  const pools = new Map<string, PlacedAdvertisement[]>();
  for (const one of advertisements) {
    if (one.rule.serviceSelectors.length > 0) continue;
    for (const name of one.rule.pools) {
      const known = pools.get(name);
      if (known === undefined) pools.set(name, [one]);
      else known.push(one);
    }
  }
  return pools;
}

/** Whether both send one route, of a pool with addresses of these families, to one peer with different preferences. */
function areAtOdds(left: BgpAdvertisement, right: BgpAdvertisement, families: ReadonlySet<Family>): boolean {
  if (left.localPref === right.localPref) return false;
  const isAlike =
    (families.has("ipv4") && left.aggregationLength === right.aggregationLength) ||
    (families.has("ipv6") && left.aggregationLengthV6 === right.aggregationLengthV6);
  const peers = new Set(left.peers);
  const isSamePeer = peers.size === 0 || right.peers.length === 0 || right.peers.some((name) => peers.has(name));
  return isAlike && isSamePeer && shareNodes(left.nodeSelectors, right.nodeSelectors);
}

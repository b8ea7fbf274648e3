import { type AddressHistory, keyOfPair } from "./address-history.ts";

/** An address that no Service has, by the history: which Service had it last, and until when. */
export interface KeptAddress {
  /** Canonical text. */
  readonly address: string;
  /** `namespace/name`. */
  readonly service: string;
  /** When it was released, in ISO 8601. */
  readonly at: string;
}

/**
 * What a history says of addresses that are free now, the longest free first. `held`: the pairs (`keyOfPair`) that are in
 * statuses. A Service that the history says has an address, and which has it no longer, lost it while no controller noted
 * that: when the address was assigned next, or else now (`at`).
 */
export function keptAddresses(
  { holdings }: Pick<AddressHistory, "holdings">,
  { held, at }: { readonly held: ReadonlySet<string>; readonly at: string },
): readonly KeptAddress[] {
  const kept = new Map<string, KeptAddress>();
  const pairs = new Set<string>();
  const inUse = new Set<string>();
  /** When each address was assigned next, of what was looked at: no Service that lost it unseen had it longer. */
  const assignedAt = new Map<string, string>();
  // The latest change of each pair counts, and of each address the Service that lost it last.
  for (const one of holdings) {
    const { address, service, change } = one;
    const pair = keyOfPair(one);
    const nextAt = assignedAt.get(address);
    if (change === "assigned") assignedAt.set(address, one.at);
    if (pairs.has(pair)) continue;
    pairs.add(pair);
    if (held.has(pair)) inUse.add(address);
    const until = change === "released" ? one.at : (nextAt ?? at);
    const known = kept.get(address);
    if (known === undefined || known.at < until) kept.set(address, { address, service, at: until });
  }
  // Of equal times what was noted first comes first.
  return [...kept.values()]
    .reverse()
    .filter(({ address }) => !inUse.has(address))
    .sort((left, right) => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0));
}

/** So many owners of one address are remembered. */
const MAX_OWNERS = 8;

/**
 * Which nodes have announced an address lately, as this speaker saw it: their kernels still know connections of that time. They form a ring in
 * the order of their names, which every speaker knows alike: what one node does not know it hands to the next one, so that
 * each is asked once, wherever the address is now.
 */
export class RecentOwners {
  readonly #keptMs: number;
  /** By address text: since when each node, which is an owner, was seen to be that last. */
  readonly #ownersOf = new Map<string, Map<string, number>>();

  /** An owner counts for so long after it was seen to be one. */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  /** Notes who announces an address now; true if that is another node than the one noted last. */
  note(key: string, owner: string, nowMs: number): boolean {
    const owners = this.#ownersOf.get(key) ?? new Map<string, number>();
    this.#ownersOf.set(key, owners);
    const last = [...owners.keys()].at(-1);
    const isNews = last !== owner;
    // It announced until now: its time begins when another one follows.
    if (isNews && last !== undefined) owners.set(last, nowMs);
    owners.delete(owner);
    owners.set(owner, nowMs);
    for (const [node, sinceMs] of owners)
      if (node !== owner && (owners.size > MAX_OWNERS || nowMs - sinceMs >= this.#keptMs)) owners.delete(node);
    return isNews;
  }

  /** No Service has the address any longer. */
  forget(key: string): void {
    this.#ownersOf.delete(key);
  }

  /** A node died: it knows no connection any longer. Returns the addresses whose ring is smaller now. */
  drop(node: string): readonly string[] {
    return [...this.#ownersOf].flatMap(([key, owners]) => (owners.delete(node) ? [key] : []));
  }

  /** The node that follows in the ring of an address; undefined where this one is not in it, or alone. */
  nextAfter(node: string, key: string): string | undefined {
    const ring = [...(this.#ownersOf.get(key)?.keys() ?? [])].sort();
    const at = ring.indexOf(node);
    return at < 0 || ring.length < 2 ? undefined : ring[(at + 1) % ring.length];
  }
}

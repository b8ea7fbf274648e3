import { candidatesFor, type ElectionSnapshot, standingHolder } from "./plan.ts";
import type { Member, WantedAddress } from "./member.ts";
import { rank } from "./rank.ts";

/** An address that is to go to another member although its owner lives. */
export interface SpreadMove {
  /** By text. */
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

/** What decides how addresses are spread. */
export type SpreadView = Pick<ElectionSnapshot, "wanted" | "members" | "nodes" | "knownMembers">;

/** A move from one member to another is a gain where the other has so many addresses fewer, at least. */
const LEAST_DIFFERENCE = 2;

/**
 * The moves that spread addresses over the members that may announce them: first each address to its most preferred nodes, then, of
 * members that are equally preferred for it, from those with more addresses to those with fewer. After all moves no
 * address is on a member that has more than one address more than another one that could have it. An address counts as one,
 * however many Services share it. Every member computes the same from the same view. `most`: so many go to one member at once.
 */
export function spreadMoves(view: SpreadView, most: number): readonly SpreadMove[] {
  return new Spread(view, most).moves();
}

/** A member may hold an address, as preferred as any other. */
interface Held {
  readonly key: string;
  readonly holder: string;
  readonly wanted: WantedAddress;
}

class Spread {
  readonly #view: SpreadView;
  readonly #most: number;
  readonly #loads = new Map<string, number>();
  readonly #arrived = new Map<string, number>();
  readonly #heldBy = new Map<string, Held[]>();
  readonly #bestOf = new Map<string, readonly string[]>();
  readonly #moves = new Map<string, SpreadMove>();

  constructor(view: SpreadView, most: number) {
    this.#view = view;
    this.#most = most;
    for (const { node } of view.members) this.#loads.set(node, 0);
    for (const key of [...view.wanted.keys()].sort()) this.#count(key);
  }

  moves(): readonly SpreadMove[] {
    this.#movePreferred();
    while (this.#moveOne());
    return [...this.#moves.values()];
  }

  #count(key: string): void {
    const { wanted: all, members } = this.#view;
    const wanted = all.get(key);
    if (wanted === undefined || !members.some(({ claims }) => claims.has(key))) return;
    const holder = standingHolder(this.#view, wanted, key)?.node;
    if (holder === undefined) return;
    this.#loads.set(holder, this.#loadOf(holder) + 1);
    const held = this.#heldBy.get(holder) ?? [];
    held.push({ key, holder, wanted });
    this.#heldBy.set(holder, held);
  }

  /** Addresses whose owner is less preferred than another candidate. */
  #movePreferred(): void {
    for (const held of this.#heldBy.values())
      for (const one of held) {
        if (one.wanted.scores === undefined || one.wanted.scores.size === 0) continue;
        const best = this.#bestFor(one);
        if (best.length === 0 || best.includes(one.holder)) continue;
        const to = this.#leastLoaded(best, one.key, Infinity);
        if (to !== undefined) this.#move(one, to);
      }
  }

  /** One address from the fullest member that can give one; false where no move is a gain. */
  #moveOne(): boolean {
    const fewest = Math.min(...this.#loads.values());
    const donors = [...this.#heldBy.keys()]
      .filter((node) => this.#loadOf(node) - fewest >= LEAST_DIFFERENCE)
      .sort((left, right) => this.#loadOf(right) - this.#loadOf(left) || (left < right ? -1 : 1));
    for (const donor of donors) {
      const limit = this.#loadOf(donor) - LEAST_DIFFERENCE;
      for (const held of this.#heldBy.get(donor) ?? []) {
        const best = this.#bestFor(held);
        const to = best.includes(donor) ? this.#leastLoaded(best, held.key, limit) : undefined;
        if (to === undefined) continue;
        this.#move(held, to);
        return true;
      }
    }
    return false;
  }

  #move(held: Held, to: string): void {
    const { key, holder } = held;
    const left = (this.#heldBy.get(holder) ?? []).filter((one) => one !== held);
    this.#heldBy.set(holder, left);
    this.#heldBy.set(to, [...(this.#heldBy.get(to) ?? []), { ...held, holder: to }]);
    this.#loads.set(holder, this.#loadOf(holder) - 1);
    this.#loads.set(to, this.#loadOf(to) + 1);
    const before = this.#moves.get(key);
    const from = before?.from ?? holder;
    if (before !== undefined) this.#arrived.set(holder, (this.#arrived.get(holder) ?? 0) - 1);
    this.#moves.delete(key);
    if (from === to) return;
    this.#arrived.set(to, (this.#arrived.get(to) ?? 0) + 1);
    this.#moves.set(key, { key, from, to });
  }

  /** Of the nodes that take one more, the one with the fewest addresses, at most `limit`; of several the first by rank. */
  #leastLoaded(nodes: readonly string[], key: string, limit: number): string | undefined {
    const open = nodes.filter((node) => this.#loadOf(node) <= limit && (this.#arrived.get(node) ?? 0) < this.#most);
    const fewest = Math.min(...open.map((node) => this.#loadOf(node)));
    return rank(
      open.filter((node) => this.#loadOf(node) === fewest),
      key,
    )[0];
  }

  /** The candidates of the highest score. */
  #bestFor({ key, wanted }: Held): readonly string[] {
    const known = this.#bestOf.get(key);
    if (known !== undefined) return known;
    const candidates = candidatesFor(this.#view, wanted);
    const scoreOf = ({ node }: Member): number => wanted.scores?.get(node) ?? 0;
    const highest = Math.max(...candidates.map(scoreOf));
    const best = candidates.filter((member) => scoreOf(member) === highest).map(({ node }) => node);
    this.#bestOf.set(key, best);
    return best;
  }

  #loadOf(node: string): number {
    return this.#loads.get(node) ?? 0;
  }
}

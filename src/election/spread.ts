import { candidatesFor, type ElectionSnapshot, standingHolder } from "./plan.ts";
import { type Member, type WantedAddress, whyReserved, whyUnable } from "./member.ts";

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
 * however many Services share it. Every member computes the same from the same view.
 */
export function spreadMoves(view: SpreadView, limits: SpreadLimits = NO_LIMITS): readonly SpreadMove[] {
  return new Spread(view, limits).moves();
}

/** What is done at once; the rest follows when that is done. */
export interface SpreadLimits {
  /** Moves to one member. */
  readonly mostToOne: number;
  /** Moves in all. */
  readonly most: number;
  /** Members that are looked at, each time for one address: 20,000 take some 5 ms on a quiet machine. */
  readonly mostLooks: number;
}

const NO_LIMITS: SpreadLimits = { mostToOne: Infinity, most: Infinity, mostLooks: Infinity };

/** A member may hold an address, as preferred as any other. */
interface Held {
  readonly key: string;
  readonly holder: string;
  readonly wanted: WantedAddress;
}

class Spread {
  readonly #view: SpreadView;
  readonly #limits: SpreadLimits;
  readonly #loads = new Map<string, number>();
  readonly #arrived = new Map<string, number>();
  readonly #heldBy = new Map<string, Held[]>();
  readonly #bestOf = new Map<string, readonly string[]>();
  #looks = 0;
  readonly #moves = new Map<string, SpreadMove>();

  constructor(view: SpreadView, limits: SpreadLimits) {
    // In one order, whatever the order in which a speaker got to know the members.
    this.#view = { ...view, members: view.members.toSorted((left, right) => (left.node < right.node ? -1 : 1)) };
    this.#limits = limits;
    const claimants = new Map<string, Member[]>();
    for (const member of this.#view.members) {
      this.#loads.set(member.node, 0);
      for (const key of member.claims.keys()) claimants.set(key, [...(claimants.get(key) ?? []), member]);
    }
    for (const key of [...claimants.keys()].sort()) this.#count(key, claimants.get(key) ?? []);
  }

  moves(): readonly SpreadMove[] {
    this.#movePreferred();
    while (this.#isWithinLimits && this.#moveOne());
    return [...this.#moves.values()];
  }

  get #isWithinLimits(): boolean {
    return this.#moves.size < this.#limits.most && this.#looks < this.#limits.mostLooks;
  }

  #count(key: string, claimants: readonly Member[]): void {
    const wanted = this.#view.wanted.get(key);
    const holder = wanted && this.#holderOf(key, wanted, claimants)?.node;
    if (wanted === undefined || holder === undefined) return;
    this.#loads.set(holder, this.#loadOf(holder) + 1);
    const held = this.#heldBy.get(holder) ?? [];
    held.push({ key, holder, wanted });
    this.#heldBy.set(holder, held);
  }

  /** The member that announces an address and may keep it. Mostly that is plain without a look at the others. */
  #holderOf(key: string, wanted: WantedAddress, claimants: readonly Member[]): Member | undefined {
    const { nodes } = this.#view;
    const [only] = claimants;
    if (claimants.length > 1 || only === undefined) return standingHolder(this.#view, wanted, key);
    if (whyUnable(only, wanted, nodes) !== undefined) return undefined;
    return whyReserved(only, wanted, nodes) === undefined ? only : standingHolder(this.#view, wanted, key);
  }

  /** Addresses whose owner is less preferred than another candidate. */
  #movePreferred(): void {
    for (const held of this.#heldBy.values())
      for (const one of held) {
        if (one.wanted.scores === undefined || one.wanted.scores.size === 0) continue;
        if (!this.#isWithinLimits) return;
        const best = this.#bestFor(one);
        if (best.length === 0 || best.includes(one.holder)) continue;
        const to = this.#leastLoaded(best, Infinity);
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
        if (!this.#isWithinLimits) return false;
        const best = this.#bestFor(held);
        const to = best.includes(donor) ? this.#leastLoaded(best, limit) : undefined;
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

  /** Of the nodes that take one more, the one with the fewest addresses, at most `limit`; of several the first by name. */
  #leastLoaded(nodes: readonly string[], limit: number): string | undefined {
    let [least, fewest]: [string | undefined, number] = [undefined, limit + 1];
    for (const node of nodes) {
      const load = this.#loadOf(node);
      if (load >= fewest || (this.#arrived.get(node) ?? 0) >= this.#limits.mostToOne) continue;
      [least, fewest] = [node, load];
    }
    return least;
  }

  /** The candidates of the highest score. */
  #bestFor({ key, wanted }: Held): readonly string[] {
    const known = this.#bestOf.get(key);
    if (known !== undefined) return known;
    const candidates = candidatesFor(this.#view, wanted);
    this.#looks += this.#view.members.length;
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

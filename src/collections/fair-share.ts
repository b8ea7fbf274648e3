/**
 * Places for those who wait. An owner may take a place as long as more are free than it has: one alone takes half of them,
 * the next one half of the rest. An owner that takes all it may keeps no others out.
 */
export class FairShare {
  readonly #places: number;
  readonly #taken = new Map<string, number>();
  #total = 0;

  constructor(places: number) {
    this.#places = places;
  }

  hasPlaceFor(owner: string): boolean {
    return (this.#taken.get(owner) ?? 0) < this.#places - this.#total;
  }

  enter(owner: string): void {
    this.#total += 1;
    this.#taken.set(owner, (this.#taken.get(owner) ?? 0) + 1);
  }

  leave(owner: string): void {
    this.#total -= 1;
    const left = (this.#taken.get(owner) ?? 1) - 1;
    if (left === 0) this.#taken.delete(owner);
    else this.#taken.set(owner, left);
  }
}

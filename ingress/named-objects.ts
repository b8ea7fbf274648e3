import type { Kind } from "#src/model/kind.ts";
import type { Source } from "#src/source/source.ts";

/** Follows objects of one kind by name, and no others. */
export class NamedObjects {
  readonly #source: Pick<Source, "follow">;
  readonly #kind: Kind;
  readonly #onFound: (keys: ReadonlySet<string>) => void;
  /** Undefined: nothing was asked for yet. */
  #asked: ReadonlySet<string> | undefined;
  /** Those that were looked up: of the others it is not known whether they are missing. */
  #known: ReadonlySet<string> = new Set();
  #looking: Promise<void> = Promise.resolve();

  /** Calls back with those that were not looked up before, whenever others are followed. */
  constructor(source: Pick<Source, "follow">, kind: Kind, onFound: (keys: ReadonlySet<string>) => void) {
    this.#source = source;
    this.#kind = kind;
    this.#onFound = onFound;
  }

  /** Whether anything is followed. */
  get hasAny(): boolean {
    return this.#asked !== undefined && this.#asked.size > 0;
  }

  /** Resolves when all that were named last were looked up. */
  get settled(): Promise<void> {
    return this.#looking;
  }

  /** Whether an object (`namespace/name`) was looked up: of others it is not known whether they are missing. */
  knows(key: string): boolean {
    return this.#known.has(key);
  }

  /** Follows these from now on. */
  follow(wanted: ReadonlySet<string>): void {
    if (this.#asked?.symmetricDifference(wanted).size === 0) return;
    this.#asked = wanted;
    this.#looking = this.#look(wanted);
  }

  async #look(wanted: ReadonlySet<string>): Promise<void> {
    await this.#source.follow(this.#kind, wanted);
    const found = wanted.difference(this.#known);
    this.#known = wanted;
    this.#onFound(found);
  }
}

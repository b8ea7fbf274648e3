import { pause, type Timing } from "#src/source/kubernetes/api/timing.ts";
import type { Identity } from "./read-api-object.ts";

/** Before each look at the definition: the API server needs a moment to show that it is being removed. */
const LOOK_AFTER_MS = 1_000;

interface DeparturesOptions {
  readonly timing: Timing;
  /** Aborts at the close. */
  readonly signal: AbortSignal;
  /** Whether the definition of the kind was removed, or is being removed; undefined: not known now. */
  isGoing(): Promise<boolean | undefined>;
  /** The kind goes, and all its objects with it. */
  onGoing(): void;
  /** The kind stays, and these objects were deleted one by one. */
  onGone(gone: readonly Identity[]): void;
}

/**
 * The objects of a kind that the API server deleted, until it is clear whether it removes the kind: then it deletes all of
 * them first, and what they said is not to be taken back one by one. It stays where two looks in a row show it.
 */
export class Departures {
  readonly #options: DeparturesOptions;
  readonly #held = new Map<string, Identity>();
  #isLooking = false;

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  /** Holds objects that are gone; each is heard of again. */
  add(identities: readonly Identity[]): void {
    for (const identity of identities) this.#held.set(identity.key, identity);
    if (this.#held.size > 0 && !this.#isLooking) void this.#look();
  }

  /** Forgets all of them. */
  clear(): void {
    this.#held.clear();
  }

  async #look(): Promise<void> {
    const { timing, signal, isGoing, onGoing, onGone } = this.#options;
    this.#isLooking = true;
    while (this.#held.size > 0) {
      await pause(timing, LOOK_AFTER_MS, signal);
      const seen = [...this.#held.values()];
      const first = await isGoing();
      await pause(timing, LOOK_AFTER_MS, signal);
      const second = await isGoing();
      if (signal.aborted) return;
      if (first === undefined || second === undefined) continue;
      const gone = seen.filter((identity) => this.#held.get(identity.key) === identity);
      // One look is enough: a definition that is replaced is soon there again, without its objects.
      const isKindGone = first || second;
      if (isKindGone) this.#held.clear();
      else for (const { key } of gone) this.#held.delete(key);
      if (isKindGone) onGoing();
      else onGone(gone);
    }
    this.#isLooking = false;
  }
}

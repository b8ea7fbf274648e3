import { pause, type Timing } from "#src/source/kubernetes/api/timing.ts";
import type { Identity } from "./read-api-object.ts";

/** Before each look at the definition: the API server needs a moment to show that it is being removed. */
const LOOK_AFTER_MS = 1_000;
/** After so many pairs of looks in a row that may not be made, the kind counts as one that stays. */
const REFUSED_MAX = 5;

/** Whether a kind goes; `refused`: this program may not ask that; undefined: not known now, because no answer came. */
export type Going = boolean | "refused" | undefined;

interface DeparturesOptions {
  readonly timing: Timing;
  /** Aborts at the close. */
  readonly signal: AbortSignal;
  /** Whether the definition of the kind was removed, or is being removed. */
  isGoing(): Promise<Going>;
  /** Called once: objects count as deleted although this program may not ask whether their kind goes. */
  onRefused(): void;
  /** The kind goes, and all its objects with it. */
  onGoing(): void;
  /** The kind stays, and these objects were deleted one by one. */
  onGone(gone: readonly Identity[]): void;
}

/**
 * The objects of a kind that the API server deleted, until it is clear whether it removes the kind: then it deletes all of
 * them first, and what they said is not to be taken back one by one. It stays where two looks in a row show it, and also
 * where this program may not look: otherwise no deletion would ever have its effect.
 */
export class Departures {
  readonly #options: DeparturesOptions;
  readonly #held = new Map<string, Identity>();
  #isLooking = false;
  /** How many pairs of looks in a row were refused. */
  #refusals = 0;
  #isRefusalTold = false;

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
      const isRefused = first === "refused" || second === "refused";
      if (isRefused && !this.#isRefusedForLong()) continue;
      if (!isRefused) this.#refusals = 0;
      const gone = seen.filter((identity) => this.#held.get(identity.key) === identity);
      // One look is enough: a definition that is replaced is soon there again, without its objects.
      const isKindGone = first === true || second === true;
      if (isKindGone) this.#held.clear();
      else for (const { key } of gone) this.#held.delete(key);
      if (isKindGone) onGoing();
      else onGone(gone);
    }
    this.#isLooking = false;
  }

  #isRefusedForLong(): boolean {
    this.#refusals += 1;
    if (this.#refusals < REFUSED_MAX) return false;
    if (!this.#isRefusalTold) this.#options.onRefused();
    this.#isRefusalTold = true;
    return true;
  }
}

import type { Counters } from "./messages.ts";

/** Counters of the worker thread, by name and one label value from a closed set. */
export class CounterSet {
  readonly #counters: Record<string, Record<string, number>> = {};

  add(name: string, label: string, amount = 1): void {
    const byLabel = (this.#counters[name] ??= {});
    byLabel[label] = (byLabel[label] ?? 0) + amount;
  }

  /** The totals since start. */
  read(): Counters {
    return structuredClone(this.#counters);
  }
}

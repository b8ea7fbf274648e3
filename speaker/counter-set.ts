import type { SpeakerCounters } from "./messages.ts";
import type { CounterLabels } from "./metric-labels.ts";

/** The worker's counters: a number by name and label value, and the rounds of announcements. */
export class CounterSet {
  readonly #labelled: Record<string, Record<string, number>> = {};
  #announcementRounds = 0;

  add<Name extends keyof CounterLabels>(name: Name, label: CounterLabels[Name], count = 1): void {
    const byLabel = (this.#labelled[name] ??= {});
    byLabel[label] = (byLabel[label] ?? 0) + count;
  }

  addAnnouncementRounds(rounds: number): void {
    this.#announcementRounds += rounds;
  }

  /** The totals since start. */
  read(): SpeakerCounters {
    return { announcementRounds: this.#announcementRounds, labelled: structuredClone(this.#labelled) };
  }
}

import { Heap } from "#src/collections/heap.ts";
import type { Budget } from "./budget.ts";
import { compareUrgency, type Schedule, spendingOf } from "./schedule.ts";

/** Rounds of announcements that are due and wait for the budget: taking those that it allows costs no more than these. */
export class WaitingRounds {
  readonly #first = byUrgency();
  readonly #repeat = byUrgency();

  get size(): number {
    return this.#first.size + this.#repeat.size;
  }

  add(schedule: Schedule): void {
    this.#of(schedule).push(schedule);
  }

  /**
   * Takes out the most urgent: so many as the budget allows of each kind, and one more, so that it is known when that may be sent;
   * `most` and one more in all. Those that were replaced are dropped on the way.
   */
  takeUrgent(budget: Budget, most: number, isLatest: (schedule: Schedule) => boolean): readonly Schedule[] {
    const urgent: Schedule[] = [];
    for (const [heap, allowed] of [
      [this.#first, budget.first],
      [this.#repeat, budget.repeat],
    ] as const) {
      const end = Math.min(urgent.length + allowed, most);
      for (let { first } = heap; first !== undefined && urgent.length <= end; { first } = heap) {
        heap.pop();
        if (isLatest(first)) urgent.push(first);
      }
    }
    return urgent;
  }

  #of(schedule: Schedule): Heap<Schedule> {
    return spendingOf(schedule) === "first" ? this.#first : this.#repeat;
  }
}

function byUrgency(): Heap<Schedule> {
  return new Heap((left, right) => compareUrgency(left, right) < 0);
}

import { type Ip, printIp } from "#src/ip/address.ts";
import { type Budget, fullBudget } from "#src/layer2/budget.ts";
import { DueHeap } from "#src/layer2/due-heap.ts";
import { dueAnnouncements, type Schedule, startSchedule } from "#src/layer2/schedule.ts";

/** What is to be announced unasked, and when; sends what is due, within the budget. */
export class AnnouncementQueue {
  readonly #schedules = new Map<string, Schedule>();
  /** The schedules by time, and some that were replaced. */
  readonly #byTime = new DueHeap<Schedule>();
  readonly #announce: (ip: Ip) => void;
  readonly #chance: () => number;
  #budget: Budget | undefined;
  #nextMs = Infinity;

  constructor(announce: (ip: Ip) => void, chance: () => number) {
    this.#announce = announce;
    this.#chance = chance;
  }

  /** Starts over for an address: the first round is due at once. */
  start(ip: Ip, nowMs: number): void {
    this.#put(startSchedule(ip, nowMs, this.#chance()));
    this.#nextMs = nowMs;
  }

  stop(key: string): void {
    this.#schedules.delete(key);
  }

  /** Sends the rounds that are due; returns how many. */
  sendDue(nowMs: number): number {
    if (nowMs < this.#nextMs) return 0;
    this.#budget ??= fullBudget(nowMs);
    const ready = this.#byTime.takeDue(nowMs).filter((schedule) => this.#isInForce(schedule));
    const laterMs = this.#byTime.nextMs;
    const { due, budget, nextMs } = dueAnnouncements(ready, nowMs, this.#budget);
    for (const schedule of due) {
      this.#put(schedule);
      this.#announce(schedule.ip);
    }
    // What the budget did not allow.
    for (const schedule of ready) if (this.#isInForce(schedule)) this.#byTime.add(schedule);
    this.#budget = budget;
    this.#nextMs = Math.min(nextMs, laterMs);
    return due.length;
  }

  #put(schedule: Schedule): void {
    this.#schedules.set(printIp(schedule.ip), schedule);
    this.#byTime.add(schedule);
    // An address that changes hands all the time leaves one behind each time.
    if (this.#byTime.size > 2 * this.#schedules.size + 64) this.#byTime.reset(this.#schedules.values());
  }

  #isInForce(schedule: Schedule): boolean {
    return this.#schedules.get(printIp(schedule.ip)) === schedule;
  }
}

import { type Ip, printIp } from "#src/ip/address.ts";
import { type Budget, fullBudget, refill } from "#src/layer2/budget.ts";
import { DueHeap } from "#src/layer2/due-heap.ts";
import { dueAnnouncements, type Schedule, startSchedule } from "#src/layer2/schedule.ts";
import { WaitingRounds } from "#src/layer2/waiting-rounds.ts";

/**
 * What is to be announced unasked, and when; sends what is due, within the budget. What a call costs grows with what it
 * sends, not with what waits: a thousand addresses that were taken over wait for a second, and each tick asks.
 */
export class AnnouncementQueue {
  readonly #schedules = new Map<string, Schedule>();
  /** The schedules whose time has not come, and some that were replaced. */
  readonly #byTime = new DueHeap<Schedule>();
  /** Those that wait for the budget, and some that were replaced. */
  #waiting = new WaitingRounds();
  readonly #announce: (ip: Ip) => void;
  readonly #chance: () => number;
  #budget: Budget | undefined;
  #nextMs = Infinity;
  #hasMore = false;

  constructor(announce: (ip: Ip) => void, chance: () => number) {
    this.#announce = announce;
    this.#chance = chance;
  }

  /** Starts over for an address: the first round is due at once. */
  start(ip: Ip, nowMs: number): void {
    this.#put(startSchedule(ip, nowMs, this.#chance()));
    this.#forgetReplaced();
    this.#nextMs = nowMs;
  }

  stop(key: string): void {
    this.#schedules.delete(key);
  }

  /** Whether rounds are due that the budget allows, and that the last call was not to send. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** Sends the rounds that are due, the most urgent first, and so many of them at most; returns how many. */
  sendDue(nowMs: number, most: number): number {
    this.#hasMore = false;
    if (nowMs < this.#nextMs) return 0;
    const allowed = refill(this.#budget ?? fullBudget(nowMs), nowMs);
    for (const schedule of this.#byTime.takeDue(nowMs)) this.#waiting.add(schedule);
    const ready = this.#waiting.takeUrgent(allowed, most, (schedule) => this.#isLatest(schedule));
    const { due, budget, nextMs } = dueAnnouncements(ready, nowMs, allowed, most);
    for (const schedule of due) {
      this.#put(schedule);
      this.#announce(schedule.ip);
    }
    // What the budget did not allow, or what is too much for this call.
    for (const schedule of ready) if (this.#isLatest(schedule)) this.#waiting.add(schedule);
    this.#forgetReplaced();
    this.#budget = budget;
    this.#nextMs = Math.min(nextMs, this.#byTime.nextMs);
    this.#hasMore = this.#nextMs <= nowMs;
    return due.length;
  }

  #put(schedule: Schedule): void {
    this.#schedules.set(printIp(schedule.ip), schedule);
    this.#byTime.add(schedule);
  }

  /** An address that changes hands all the time leaves one behind each time. */
  #forgetReplaced(): void {
    if (this.#byTime.size + this.#waiting.size <= 2 * this.#schedules.size + 64) return;
    this.#waiting = new WaitingRounds();
    this.#byTime.reset(this.#schedules.values());
  }

  #isLatest(schedule: Schedule): boolean {
    return this.#schedules.get(printIp(schedule.ip)) === schedule;
  }
}

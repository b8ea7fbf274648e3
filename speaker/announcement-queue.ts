import { type Ip, printIp } from "#src/ip/address.ts";
import { type Budget, fullBudget } from "#src/layer2/budget.ts";
import { dueAnnouncements, type Schedule, startSchedule } from "#src/layer2/schedule.ts";

/** What is to be announced unasked, and when; sends what is due, within the budget. */
export class AnnouncementQueue {
  readonly #schedules = new Map<string, Schedule>();
  readonly #announce: (ip: Ip) => void;
  readonly #chance: () => number;
  #budget: Budget | undefined;
  #nextMs = Infinity;

  constructor(announce: (ip: Ip) => void, chance: () => number) {
    this.#announce = announce;
    this.#chance = chance;
  }

  /** Starts anew for an address: the first round is due at once. */
  start(ip: Ip, nowMs: number): void {
    this.#schedules.set(printIp(ip), startSchedule(ip, nowMs, this.#chance()));
    this.#nextMs = nowMs;
  }

  stop(key: string): void {
    this.#schedules.delete(key);
  }

  /** Sends the rounds that are due; returns how many. */
  sendDue(nowMs: number): number {
    if (nowMs < this.#nextMs) return 0;
    this.#budget ??= fullBudget(nowMs);
    const { due, budget, nextMs } = dueAnnouncements(this.#schedules.values(), nowMs, this.#budget);
    for (const schedule of due) {
      this.#schedules.set(printIp(schedule.ip), schedule);
      this.#announce(schedule.ip);
    }
    this.#budget = budget;
    this.#nextMs = nextMs;
    return due.length;
  }
}

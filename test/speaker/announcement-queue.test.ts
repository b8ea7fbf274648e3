import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ip, printIp } from "#src/ip/address.ts";
import { type Budget, fullBudget } from "#src/layer2/budget.ts";
import { dueAnnouncements, type Schedule, startSchedule } from "#src/layer2/schedule.ts";
import { AnnouncementQueue } from "#speaker/announcement-queue.ts";

const ipAt = (index: number): Ip => ({ family: "ipv4", value: 0x0a00_0000n + BigInt(index) });

/** Looks at all schedules at each call: what the queue must do, and must not take the time for. */
class Plain {
  readonly schedules = new Map<string, Schedule>();
  #budget: Budget = fullBudget(0);

  sendDue(nowMs: number): readonly string[] {
    const { due, budget } = dueAnnouncements(this.schedules.values(), nowMs, this.#budget);
    this.#budget = budget;
    for (const schedule of due) this.schedules.set(printIp(schedule.ip), schedule);
    return due.map(({ ip }) => printIp(ip));
  }
}

describe("AnnouncementQueue", () => {
  it("sends in portions what looking at all schedules would send, in that order, whatever starts and stops when", () => {
    const step = fc.record({
      first: fc.integer({ min: 0, max: 20 }),
      // More than may be sent at once.
      count: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(1_500)),
      starts: fc.boolean(),
      waitMs: fc.constantFrom(0, 20, 100, 3_000, 70_000),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 15 }), fc.constantFrom(1, 7, 32, 2_000), (steps, most) => {
        const sent: string[] = [];
        const queue = new AnnouncementQueue(
          (ip) => sent.push(printIp(ip)),
          () => 0.5,
        );
        queue.sendDue(0, most);
        const plain = new Plain();
        let nowMs = 0;
        for (const { first, count, starts, waitMs } of steps) {
          for (const ip of Array.from({ length: count }, (_, index) => ipAt(first + index))) {
            if (starts) {
              queue.start(ip, nowMs);
              plain.schedules.set(printIp(ip), startSchedule(ip, nowMs, 0.5));
            } else {
              queue.stop(printIp(ip));
              plain.schedules.delete(printIp(ip));
            }
          }
          nowMs += waitMs;
          sent.length = 0;
          do expect(queue.sendDue(nowMs, most)).toBeLessThanOrEqual(most);
          while (queue.hasMore);
          expect(sent).toEqual(plain.sendDue(nowMs));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("looks at no more of two thousand that wait than it sends, and a few on their way through a heap", () => {
    let looks = 0;
    const countedAt = (index: number): Ip => ({
      family: "ipv4",
      get value() {
        looks += 1;
        return ipAt(index).value;
      },
    });
    const queue = new AnnouncementQueue(
      () => undefined,
      () => 0.5,
    );
    for (let index = 0; index < 2_000; index++) queue.start(countedAt(index), 0);
    for (let nowMs = 0; nowMs <= 100; nowMs += 10)
      do queue.sendDue(nowMs, 32);
      while (queue.hasMore);
    for (let nowMs = 110; nowMs < 400; nowMs += 10) {
      looks = 0;
      expect(queue.sendDue(nowMs, 32)).toBeLessThanOrEqual(11);
      expect(looks).toBeLessThan(700);
    }
  });
});

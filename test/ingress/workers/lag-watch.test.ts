import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lagWatch } from "#ingress/server/lag-watch.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

/** A thread whose clock goes on by what it does. */
function startThread() {
  let nowMs = 5_000;
  const takeLag = lagWatch(() => nowMs);
  return {
    takeLag,
    /** Does nothing: timers are on time. */
    idle(ms: number): void {
      for (let count = 0; count < ms; count++) {
        nowMs += 1;
        vi.advanceTimersByTime(1);
      }
    },
    /** Keeps the event loop busy. */
    stall: (ms: number) => void (nowMs += ms),
    /** The timer that is due has its turn. */
    timer: () => vi.advanceTimersToNextTimer(),
  };
}

describe("lagWatch", () => {
  it("says nothing of an event loop that is on time", () => {
    const thread = startThread();
    thread.idle(1_050);
    expect(thread.takeLag()).toBe(0);
  });

  it("says the longest of several stalls, once", () => {
    const thread = startThread();
    for (const ms of [300, 700, 200]) {
      thread.idle(100);
      thread.stall(ms + 100);
      thread.timer();
    }
    expect(thread.takeLag()).toBe(0.7);
    expect(thread.takeLag()).toBe(0);
    thread.idle(1_000);
    expect(thread.takeLag()).toBe(0);
  });

  it.each([
    { name: "just after it was asked", idleMs: 0 },
    { name: "some time after it was asked", idleMs: 60 },
  ])("says a stall that begins $name, where it is asked before the timer has its turn; and not again", ({ idleMs }) => {
    const thread = startThread();
    thread.idle(1_000);
    thread.takeLag();
    thread.idle(idleMs);
    thread.stall(2_000);
    expect(thread.takeLag()).toBeCloseTo((1_900 + idleMs) / 1_000);
    thread.timer();
    expect(thread.takeLag()).toBe(0);
  });

  it.each([0, 60])("says it where the timer has its turn first, %i ms after it was asked", (idleMs) => {
    const thread = startThread();
    thread.idle(1_000);
    thread.takeLag();
    thread.idle(idleMs);
    thread.stall(2_000);
    thread.timer();
    expect(thread.takeLag()).toBeCloseTo((1_900 + idleMs) / 1_000);
    expect(thread.takeLag()).toBe(0);
  });
});

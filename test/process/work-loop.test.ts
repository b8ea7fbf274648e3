import { describe, expect, it } from "vitest";
import { createLogger } from "#src/process/log.ts";
import { createWorkLoop } from "#src/process/work-loop.ts";

const log = createLogger({ component: "test", level: "silent" });

/** Runs that end when the test says so. */
function handRun() {
  const ends: PromiseWithResolvers<void>[] = [];
  const starts: PromiseWithResolvers<void>[] = [Promise.withResolvers()];
  return {
    started: () => ends.length,
    /** Resolves when the nth run has started, counted from 1. */
    start: async (nth: number) => starts[nth - 1]?.promise,
    end: (nth: number) => ends[nth - 1]?.resolve(),
    run: async () => {
      const end = Promise.withResolvers<void>();
      ends.push(end);
      starts.push(Promise.withResolvers());
      starts[ends.length - 1]?.resolve();
      await end.promise;
    },
  };
}

describe("createWorkLoop()", () => {
  it("runs once for all marks of one turn", async () => {
    let runs = 0;
    const loop = createWorkLoop({ run: async () => void (runs += 1), log });
    for (let marks = 0; marks < 100; marks++) loop.mark();
    await loop.idle();
    expect(runs).toBe(1);
  });

  it("runs once more for all marks during a run, never twice at once", async () => {
    const hand = handRun();
    const loop = createWorkLoop({ run: hand.run, log });
    loop.mark();
    await hand.start(1);
    for (let marks = 0; marks < 100; marks++) loop.mark();
    expect(hand.started()).toBe(1);
    hand.end(1);
    await hand.start(2);
    hand.end(2);
    await loop.idle();
    expect(hand.started()).toBe(2);
  });

  it("is idle at once when nothing is marked", async () => {
    await expect(createWorkLoop({ run: async () => {}, log }).idle()).resolves.toBeUndefined();
  });

  it("doubles its pause after each failure up to 5 s, spreads it by chance, and begins anew after a success", async () => {
    const pauses: number[] = [];
    const chances = [0, 0.5, 0.999, 0, 0, 0, 0, 0];
    let left = 8;
    const loop = createWorkLoop({
      run: async () => {
        if (left-- > 0) throw new Error("no");
      },
      log,
      delay: async (ms) => void pauses.push(ms),
      chance: () => chances[pauses.length] ?? 0,
    });
    loop.mark();
    await loop.idle();
    expect(pauses).toEqual([125, 375, 1_000, 1_000, 2_000, 2_500, 2_500, 2_500]);
    left = 1;
    loop.mark();
    await loop.idle();
    expect(pauses.at(-1)).toBe(125);
  });

  it("ends a pause on close(), and runs no more", async () => {
    let runs = 0;
    const paused = Promise.withResolvers<void>();
    const loop = createWorkLoop({
      run: async () => {
        runs += 1;
        throw new Error("no");
      },
      log,
      delay: async (_ms, signal) => {
        paused.resolve();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    });
    loop.mark();
    await paused.promise;
    await loop.close();
    loop.mark();
    await loop.idle();
    expect(runs).toBe(1);
  });

  it("waits for the run under way on close()", async () => {
    const hand = handRun();
    const loop = createWorkLoop({ run: hand.run, log });
    loop.mark();
    await hand.start(1);
    let isClosed = false;
    const closed = loop.close().then(() => (isClosed = true));
    await Promise.resolve();
    expect(isClosed).toBe(false);
    hand.end(1);
    await closed;
    expect(hand.started()).toBe(1);
  });
});

import { describe, expect, it, vi } from "vitest";
import { Deadlines } from "#src/source/kubernetes/api/deadlines.ts";
import { eventually } from "#test/support/eventually.ts";
import { ManualTime } from "#test/source/kubernetes/kubernetes-api.ts";

function setUp() {
  const time = new ManualTime();
  const timing = { delay: time.delay, chance: () => 0, clock: () => time.nowMs };
  return { time, deadlines: new Deadlines({ timing, ms: 1_000, late: () => new Error("late") }) };
}

/** Work that ends when its signal aborts, and says why. */
async function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    if (signal.aborted) reject(signal.reason as Error);
  });
}

describe("Deadlines", () => {
  it("ends what takes too long, and nothing that does not", async () => {
    const { time, deadlines } = setUp();
    expect(await deadlines.run(undefined, async () => "in time")).toBe("in time");
    let end: unknown;
    deadlines.run(undefined, endless).catch((error: unknown) => (end = error));
    time.advance(999);
    await Promise.resolve();
    expect(end).toBeUndefined();
    // The timer was set for the first one; then for as much longer as this one began later.
    await vi.waitFor(() => {
      time.advance(100);
      expect(end).toEqual(new Error("late"));
    }, eventually);
  });

  it("has one timer for all, however many there are", async () => {
    const { time, deadlines } = setUp();
    const ends = Array.from({ length: 50 }, async () => deadlines.run(undefined, endless).catch(String));
    expect(time.asked).toEqual([1_000]);
    let isDone = false;
    const all = Promise.all(ends).finally(() => (isDone = true));
    await vi.waitFor(() => {
      time.advance(1_000);
      expect(isDone).toBe(true);
    }, eventually);
    expect(new Set(await all)).toEqual(new Set(["Error: late"]));
  });

  it("ends one when its caller does, with the caller's reason, and leaves no listener behind", async () => {
    const { deadlines } = setUp();
    const outer = new AbortController();
    const [added, removed] = [
      vi.spyOn(outer.signal, "addEventListener"),
      vi.spyOn(outer.signal, "removeEventListener"),
    ];
    await deadlines.run(outer.signal, async () => undefined);
    const ended = expect(deadlines.run(outer.signal, endless)).rejects.toThrow("enough");
    outer.abort(new Error("enough"));
    await ended;
    await expect(deadlines.run(outer.signal, endless)).rejects.toThrow("enough");
    expect(added).toHaveBeenCalledTimes(2);
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(2);
  });

  it("ends all at the close, and what comes later", async () => {
    const { deadlines } = setUp();
    const ended = expect(deadlines.run(undefined, endless)).rejects.toMatchObject({ name: "AbortError" });
    deadlines.close();
    await ended;
    await expect(deadlines.run(undefined, endless)).rejects.toMatchObject({ name: "AbortError" });
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClientLimits } from "#src/filters/client-limits.ts";
import { rateLimit } from "#src/filters/leaky-bucket.ts";

const limits = { perSecond: rateLimit(1, "second", 0), perMinute: undefined };

describe("ClientLimits", () => {
  it("L4 counts for each zone and client alone", () => {
    const state = new ClientLimits();
    const asked = [
      ["shop", "10.0.0.1"],
      ["shop", "10.0.0.1"],
      ["shop", "10.0.0.2"],
      ["blog", "10.0.0.1"],
    ] as const;
    expect(asked.map(([zone, client]) => state.admit(zone, client, { limits, nowMs: 0 }))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it("L4 lets a flood to one zone push out no client of another", () => {
    const state = new ClientLimits(10);
    state.admit("quiet", "10.0.0.1", { limits, nowMs: 0 });
    for (let client = 0; client < 100; client++) state.admit("flooded", `flood ${client}`, { limits, nowMs: 0 });
    state.admit("quiet", "10.0.0.2", { limits, nowMs: 0 });
    expect(state.size).toBe(10);
    expect(state.admit("quiet", "10.0.0.1", { limits, nowMs: 0 })).toBe(false);
    expect(state.admit("quiet", "10.0.0.2", { limits, nowMs: 0 })).toBe(false);
    expect(state.admit("flooded", "flood 0", { limits, nowMs: 0 })).toBe(true);
  });

  it("L4 never remembers more than it may, and forgets all in time", () => {
    const step = fc.record({
      zone: fc.integer({ min: 0, max: 4 }),
      client: fc.integer({ min: 0, max: 20 }),
      passedMs: fc.integer({ min: 0, max: 30_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const state = new ClientLimits(5);
        let nowMs = 0;
        for (const { zone, client, passedMs } of steps) {
          nowMs += passedMs;
          state.admit(`z${zone}`, `c${client}`, { limits, nowMs });
          if (passedMs > 20_000) state.forgetOld(nowMs);
          expect(state.size).toBeLessThanOrEqual(5);
        }
        state.forgetOld(nowMs + 120_000);
        expect([state.size, state.zones]).toEqual([0, 0]);
      }),
    );
  });

  it("L4 counts open requests, and those that are released no longer", () => {
    const state = new ClientLimits();
    const first = state.open("shop", "10.0.0.1", 2);
    const second = state.open("shop", "10.0.0.1", 2);
    expect([first, second].every((one) => one !== undefined)).toBe(true);
    expect(state.open("shop", "10.0.0.1", 2)).toBeUndefined();
    expect(state.open("shop", "10.0.0.2", 2)).toBeDefined();
    expect(state.open("blog", "10.0.0.1", 2)).toBeDefined();
    first?.release();
    state.forgetOld(1_000_000);
    const third = state.open("shop", "10.0.0.1", 2);
    expect(third).toBeDefined();
    expect(state.open("shop", "10.0.0.1", 2)).toBeUndefined();
  });
});

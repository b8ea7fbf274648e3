import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rateLimit } from "#src/filters/leaky-bucket.ts";
import { RateZone } from "#src/filters/rate-zone.ts";
import { limitReqModel } from "./nginx-limit-req.ts";

const none = { perSecond: undefined, perMinute: undefined };

describe("RateZone", () => {
  it("L4 says of each request what nginx's limit_req says, by one limit and by both", () => {
    const limit = fc.record({ requests: fc.integer({ min: 1, max: 40 }), multiplier: fc.integer({ min: 0, max: 6 }) });
    const gap = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 90_000 }));
    fc.assert(
      fc.property(fc.option(limit), fc.option(limit), fc.array(gap, { maxLength: 200 }), (second, minute, gaps) => {
        const zone = new RateZone();
        const limits = {
          perSecond: second ? rateLimit(second.requests, "second", second.requests * second.multiplier) : undefined,
          perMinute: minute ? rateLimit(minute.requests, "minute", minute.requests * minute.multiplier) : undefined,
        };
        const model = limitReqModel([
          ...(second ? [{ requests: second.requests, seconds: 1, burst: second.requests * second.multiplier }] : []),
          ...(minute ? [{ requests: minute.requests, seconds: 60, burst: minute.requests * minute.multiplier }] : []),
        ]);
        let nowMs = 1_000;
        for (const passedMs of gaps) {
          nowMs += passedMs;
          expect(zone.admit("a", limits, nowMs)).toBe(model.admit(nowMs));
        }
      }),
    );
  });

  it("L4 counts each client alone", () => {
    const zone = new RateZone();
    const limits = { ...none, perSecond: rateLimit(1, "second", 0) };
    expect(["a", "a", "b", "b"].map((client) => zone.admit(client, limits, 0))).toEqual([true, false, true, false]);
  });

  it("L4 forgets those that are unused for the longest, where their buckets are dry, or whatever they hold", () => {
    const zone = new RateZone();
    const limits = { ...none, perMinute: rateLimit(1, "minute", 10) };
    for (const client of ["a", "b", "c"]) zone.admit(client, limits, 0);
    zone.admit("a", limits, 1_000);
    zone.forgetDry(limits, 59_999, 10);
    expect(zone.size).toBe(3);
    zone.forgetDry(limits, 60_000, 1);
    expect([zone.has("b"), zone.size]).toEqual([false, 2]);
    zone.forgetDry(limits, 60_000, 10);
    expect([zone.has("a"), zone.size]).toEqual([true, 1]);
    zone.forgetOldest();
    expect(zone.size).toBe(0);
  });
});

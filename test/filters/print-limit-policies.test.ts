import { describe, expect, it } from "vitest";
import { printLimitPolicies, printLimitWaits } from "#src/filters/print-limit-policies.ts";

const shown = { requests: 5, per: "second", headerFields: true } as const;
const hidden = { ...shown, requests: 7, headerFields: false };
const daily = { requests: 9, per: "day", headerFields: true } as const;

describe("R the fields of the IETF's draft for rate limits", () => {
  it.each([
    { limits: [], is: undefined },
    { limits: [hidden], is: undefined },
    { limits: [shown, hidden, daily], is: '"5-per-second";q=5;w=1, "9-per-day";q=9;w=86400' },
    { limits: [shown, shown], is: '"5-per-second";q=5;w=1' },
  ])("RateLimit-Policy: $is", ({ limits, is }) => expect(printLimitPolicies(limits)).toBe(is));

  it.each([
    { waits: [], is: undefined },
    { waits: [{ policy: hidden, waitMs: 10 }], is: undefined },
    { waits: [{ policy: shown, waitMs: 0 }], is: undefined },
    { waits: [{ policy: shown, waitMs: 1 }], is: '"5-per-second";r=0;t=1' },
    {
      waits: [
        { policy: shown, waitMs: 200 },
        { policy: daily, waitMs: 60_001 },
        { policy: shown, waitMs: 1_001 },
      ],
      is: '"5-per-second";r=0;t=2, "9-per-day";r=0;t=61',
    },
  ])("RateLimit: $is", ({ waits, is }) => expect(printLimitWaits(waits)).toBe(is));
});

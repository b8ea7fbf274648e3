import { describe, expect, it } from "vitest";
import { isDry, type LeakyBucket, pour, rateLimit } from "#src/filters/leaky-bucket.ts";

/** How many of so many requests at these times a limit lets through. */
function admitted(limit: ReturnType<typeof rateLimit>, timesMs: readonly number[]): number {
  let bucket: LeakyBucket | undefined;
  let count = 0;
  for (const nowMs of timesMs) {
    const next = pour(bucket, limit, nowMs);
    if (next === undefined) continue;
    bucket = next;
    count += 1;
  }
  return count;
}

const atOnce = (count: number) => Array.from({ length: count }, () => 0);
const every = (gapMs: number, count: number) => Array.from({ length: count }, (_, index) => index * gapMs);

describe("pour()", () => {
  it.each([
    { name: "at once, the burst and one more", limit: rateLimit(10, "second", 50), times: atOnce(200), count: 51 },
    { name: "without burst, one", limit: rateLimit(10, "second", 0), times: atOnce(20), count: 1 },
    { name: "at the rate, all", limit: rateLimit(10, "second", 0), times: every(100, 50), count: 50 },
    {
      name: "at twice the rate, half and the burst",
      limit: rateLimit(10, "second", 5),
      times: every(50, 100),
      count: 55,
    },
    {
      name: "by the minute, the burst and one more",
      limit: rateLimit(60, "minute", 300),
      times: atOnce(400),
      count: 301,
    },
    { name: "by the minute at twice the rate", limit: rateLimit(60, "minute", 0), times: every(500, 100), count: 50 },
    {
      name: "7 a minute is 0.116 a second, cut off",
      limit: rateLimit(7, "minute", 0),
      times: every(8_572, 10),
      count: 5,
    },
  ])("lets through $name", ({ limit, times, count }) => {
    expect(admitted(limit, times)).toBe(count);
  });
});

describe("isDry()", () => {
  it.each([
    [0, 59_999, false],
    [0, 60_000, true],
    [61_000, 60_000, false],
    [61_000, 61_000, true],
  ])("%d thousandths after %d ms: %j", (excess, passedMs, dry) => {
    expect(isDry({ excess, lastMs: 5 }, rateLimit(1, "second", 100), 5 + passedMs)).toBe(dry);
  });
});

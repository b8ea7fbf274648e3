import { describe, expect, it } from "vitest";
import { workerCount } from "#ingress/worker-count.ts";

const MIB = 1_048_576;

describe("workerCount()", () => {
  it.each([
    { asked: undefined, cores: 2, mib: 0, count: 2 },
    { asked: undefined, cores: 64, mib: 0, count: 8 },
    { asked: undefined, cores: 64, mib: 512, count: 4 },
    { asked: undefined, cores: 4, mib: 64, count: 1 },
    { asked: 1, cores: 8, mib: 0, count: 1 },
    { asked: 16, cores: 2, mib: 64, count: 16 },
  ])("is $count where $asked is asked for, of $cores cores and $mib MiB", ({ asked, cores, mib, count }) => {
    expect(workerCount(asked, { cores, bytes: mib * MIB })).toBe(count);
  });
});

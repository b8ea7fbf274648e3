import { describe, expect, it } from "vitest";
import { MAX_STALL_MS } from "#src/wire/heartbeat.ts";
import { Stalls } from "#speaker/stalls.ts";

/** Ticks at these times; what each said, and what the others are told at the end. */
function ticked(...timesMs: readonly number[]): { readonly said: readonly unknown[]; readonly worstMs: number } {
  const stalls = new Stalls(50);
  const said = timesMs.map((atMs) => stalls.tick(atMs));
  return { said, worstMs: stalls.worstMs };
}

describe("Stalls.tick()", () => {
  it.each([
    {
      name: "ticks in time are none",
      times: [0, 20, 45, 94],
      said: [undefined, undefined, undefined, undefined],
      worstMs: 0,
    },
    { name: "the worst is told", times: [0, 60, 260, 320], said: [undefined, 60, 200, undefined], worstMs: 200 },
    { name: "the time before the first tick is none", times: [5_000], said: [undefined], worstMs: 0 },
    {
      name: "a long one is told as the longest",
      times: [0, 9_000],
      said: [undefined, MAX_STALL_MS],
      worstMs: MAX_STALL_MS,
    },
  ])("$name", ({ times, said, worstMs }) => expect(ticked(...times)).toEqual({ said, worstMs }));

  it("forgets one after a minute, and tells the next one anew", () => {
    const stalls = new Stalls(50);
    stalls.tick(0);
    expect(stalls.tick(200)).toBe(200);
    for (let atMs = 220; atMs <= 60_200; atMs += 20) stalls.tick(atMs);
    expect(stalls.worstMs).toBe(200);
    stalls.tick(60_220);
    expect(stalls.worstMs).toBe(0);
    expect(stalls.tick(60_300)).toBe(80);
  });
});

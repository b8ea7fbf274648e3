import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ip, printIp } from "#src/ip/address.ts";
import { type Budget, fullBudget } from "#src/layer2/budget.ts";
import { dueAnnouncements, type Schedule, startSchedule } from "#src/layer2/schedule.ts";

const ipAt = (index: number): Ip => ({ family: "ipv4", value: 0x0a00_0000n + BigInt(index) });
const key = ({ ip }: Schedule): string => printIp(ip);

/** Asks whenever it is told to, or every `everyMs` if that is later; gives all rounds sent, by time. */
function run(
  schedules: readonly Schedule[],
  { fromMs = 0, untilMs, everyMs = 1 }: { fromMs?: number; untilMs: number; everyMs?: number },
): { sent: readonly { ip: string; atMs: number }[]; calls: number } {
  const kept = new Map(schedules.map((schedule) => [key(schedule), schedule]));
  const sent: { ip: string; atMs: number }[] = [];
  let budget: Budget = fullBudget(fromMs);
  let calls = 0;
  for (let nowMs = fromMs; nowMs <= untilMs;) {
    const found = dueAnnouncements(kept.values(), nowMs, budget);
    for (const schedule of found.due) {
      kept.set(key(schedule), schedule);
      sent.push({ ip: key(schedule), atMs: nowMs });
    }
    budget = found.budget;
    calls++;
    expect(found.nextMs).toBeGreaterThan(nowMs);
    nowMs = Math.max(found.nextMs, nowMs + everyMs);
  }
  return { sent, calls };
}

function startMany(count: number, nowMs = 0): Schedule[] {
  return Array.from({ length: count }, (_, index) => startSchedule(ipAt(index), nowMs, (index * 0.618) % 1));
}

describe("dueAnnouncements()", () => {
  it("sends at 0, 100, 500, 1100, 2500 and 5000 ms, and then steadily", () => {
    const { sent, calls } = run([startSchedule(ipAt(0), 1_000, 0.5)], { fromMs: 1_000, untilMs: 200_000 });
    expect(sent.map(({ atMs }) => atMs - 1_000)).toEqual([0, 100, 500, 1_100, 2_500, 5_000, 95_000, 185_000]);
    expect(calls).toBe(sent.length);
  });

  it.each([
    { chance: 0, refreshMs: 60_000 },
    { chance: 1, refreshMs: 120_000 },
  ])("refreshes every $refreshMs ms for the chance $chance", ({ chance, refreshMs }) => {
    const { sent } = run([startSchedule(ipAt(0), 0, chance)], { untilMs: 300_000 });
    const times = sent.slice(5).map(({ atMs }) => atMs);
    expect(times).toEqual(times.map((_, index) => 5_000 + index * refreshMs));
    expect(times.length).toBeGreaterThan(2);
  });

  it("has nothing to do, ever, without schedules", () => {
    expect(dueAnnouncements([], 7, fullBudget(0))).toMatchObject({ due: [], nextMs: Infinity });
  });

  it("is not due before its time", () => {
    expect(dueAnnouncements([startSchedule(ipAt(0), 500, 0)], 499, fullBudget(0))).toMatchObject({
      due: [],
      nextMs: 500,
    });
  });

  it("merges rounds that it was asked for too late", () => {
    const first = startSchedule(ipAt(0), 0, 0);
    const { due } = dueAnnouncements([first], 1_200, fullBudget(0));
    expect(due).toMatchObject([{ sent: 1, dueMs: 2_500 }]);
    expect(dueAnnouncements(due, 9_000, fullBudget(0)).due).toMatchObject([{ sent: 2, dueMs: 69_000 }]);
  });

  it.each([1, 20, 50])("sends all first rounds of 2,000 addresses within 100 ms, asked every %i ms", (everyMs) => {
    const { sent } = run(startMany(2_000), { untilMs: 100, everyMs });
    const firsts = new Set(sent.map(({ ip }) => ip));
    expect(firsts.size).toBe(2_000);
  });

  it("does not let repeats hold up the first round of another address", () => {
    const repeating = startMany(2_000).map((schedule) => ({ ...schedule, sent: 1, dueMs: 100 }));
    const late = startSchedule(ipAt(9_999), 150, 0);
    const { due } = dueAnnouncements([...repeating, late], 150, {
      first: 1,
      repeat: 200,
      question: 0,
      echo: 0,
      atMs: 150,
    });
    expect(due[0]?.ip).toEqual(late.ip);
    expect(due.length).toBe(201);
  });

  it("sends repeats of a take-over before refreshes", () => {
    const refreshing = startMany(300).map((schedule) => ({ ...schedule, sent: 6, dueMs: 90_000 }));
    const repeating = { ...startSchedule(ipAt(9_999), 89_950, 0), sent: 1, dueMs: 90_050 };
    const { due } = dueAnnouncements([...refreshing, repeating], 90_060, fullBudget(90_060));
    expect(due[0]?.ip).toEqual(repeating.ip);
    expect(due.length).toBe(200);
  });

  it("keeps repeats and refreshes of 2,000 addresses within the budget in every second, and starves none", () => {
    const { sent } = run(startMany(2_000), { untilMs: 200_000, everyMs: 50 });
    const repeats = sent.filter(({ atMs }) => atMs > 100);
    const bySecond = Map.groupBy(repeats, ({ atMs }) => Math.floor(atMs / 1_000));
    expect(Math.max(...[...bySecond.values()].map(({ length }) => length))).toBeLessThanOrEqual(1_200);
    const byIp = Map.groupBy(sent, ({ ip }) => ip);
    expect(Math.min(...[...byIp.values()].map(({ length }) => length))).toBeGreaterThanOrEqual(4);
    for (const rounds of byIp.values()) {
      const gaps = rounds.slice(1).map(({ atMs }, index) => atMs - (rounds[index]?.atMs ?? 0));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(121_000);
    }
  });

  it("spreads the refreshes of addresses taken over together", () => {
    const { sent } = run(startMany(2_000), { untilMs: 130_000, everyMs: 50 });
    const refreshes = sent.filter(({ atMs }) => atMs > 20_000);
    const bySecond = Map.groupBy(refreshes, ({ atMs }) => Math.floor(atMs / 1_000));
    expect(refreshes.length).toBeGreaterThan(1_900);
    expect(Math.max(...[...bySecond.values()].map(({ length }) => length))).toBeLessThan(200);
  });

  it("is the same for the same input, in whatever order the schedules come", () => {
    const anySchedule = fc
      .tuple(fc.nat(50), fc.nat(3_000), fc.nat(7), fc.nat(9_000))
      .map(([index, startedMs, sent, dueMs]) => ({ ...startSchedule(ipAt(index), startedMs, 0.5), sent, dueMs }));
    const anySet = fc.uniqueArray(anySchedule, { selector: key, maxLength: 40 });
    fc.assert(
      fc.property(anySet, fc.nat(10_000), fc.nat(20), (schedules, nowMs, repeat) => {
        const budget = { first: repeat / 2, repeat, question: 0, echo: 0, atMs: nowMs };
        const found = dueAnnouncements(schedules, nowMs, budget);
        expect(dueAnnouncements(schedules.toReversed(), nowMs, budget)).toEqual(found);
        expect(found.due.length).toBeLessThanOrEqual(repeat + Math.floor(repeat / 2));
        expect(found.due.every(({ dueMs }) => dueMs > nowMs)).toBe(true);
        expect(found.nextMs).toBeGreaterThan(nowMs);
      }),
    );
  });
});

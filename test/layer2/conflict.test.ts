import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import {
  advanceConflict,
  type Conflict,
  hearForeign,
  isLasting,
  setPolicy,
  startConflict,
} from "#src/layer2/conflict.ts";
import { CONFLICT_POLICIES, type ConflictPolicy } from "#src/model/conflict-policy.ts";

const ip = parseIp("192.0.2.200") ?? expect.fail("an address");
const MAC = "02:00:00:00:00:99";

interface Story {
  readonly policy: ConflictPolicy;
  readonly isNew: boolean;
  /** When the other machine says unasked that it has the address. */
  readonly says?: readonly number[];
  /** From when until when it answers probes. */
  readonly answers?: readonly [number, number];
  readonly isMember?: boolean;
  readonly untilMs: number;
}

/** Lets time pass millisecond by due millisecond; what was done when, without the probes of the refresh. */
function play({ policy, isNew, says = [], answers, isMember = false, untilMs }: Story) {
  let conflict: Conflict = startConflict({ ip, policy, isNew, chance: 0 }, 0);
  const done: string[] = [];
  const probes: number[] = [];
  const phases: string[] = [conflict.phase];
  let said = 0;
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 10) {
    for (; (says[said] ?? Infinity) <= nowMs; said++) conflict = hearForeign(conflict, MAC, nowMs);
    const step = advanceConflict(conflict, isMember, nowMs);
    conflict = step.conflict;
    for (const action of step.actions) {
      if (action !== "probe") done.push(`${action} ${nowMs}`);
      else {
        probes.push(nowMs);
        if (answers !== undefined && nowMs >= answers[0] && nowMs < answers[1])
          conflict = hearForeign(conflict, MAC, nowMs + 1);
      }
    }
    if (phases.at(-1) !== conflict.phase) phases.push(conflict.phase);
  }
  return { done, probes, phases, conflict };
}

const NEVER = Infinity;

describe("G a conflict (RFC 5227)", () => {
  it.each<Story & { readonly name: string; readonly done: readonly string[]; readonly phases: readonly string[] }>([
    {
      name: "a free new address is announced after three probes where it may have to be yielded",
      policy: "yield",
      isNew: true,
      untilMs: 10_000,
      done: ["announce 210"],
      phases: ["asking", "announcing"],
    },
    ...(["defend", "warn"] as const).map((policy) => ({
      name: `a new address is announced at once, and asked for all the same: ${policy}`,
      policy,
      isNew: true,
      untilMs: 10_000,
      done: [],
      phases: ["announcing"],
    })),
    {
      name: "one that another machine answers for is not announced, and asked for again each minute",
      policy: "yield",
      isNew: true,
      answers: [0, NEVER],
      untilMs: 200_000,
      done: [],
      phases: ["asking", "yielded"],
    },
    {
      name: "one that has become free is announced with the next attempt",
      policy: "yield",
      isNew: true,
      answers: [0, 90_000],
      untilMs: 200_000,
      done: ["announce 120230"],
      phases: ["asking", "yielded", "announcing"],
    },
    {
      name: "a machine that says once that it has the address, and does not answer, changes nothing",
      policy: "yield",
      isNew: false,
      says: [20_000],
      untilMs: 60_000,
      done: [],
      phases: ["announcing"],
    },
    {
      name: "an announced address is yielded when a handover would be over, and taken back when it is free",
      policy: "yield",
      isNew: false,
      says: [20_000],
      answers: [20_000, 40_000],
      untilMs: 100_000,
      done: ["withdraw 23000", "announce 83210"],
      phases: ["announcing", "yielded", "announcing"],
    },
    {
      name: "an announced address is defended by one announcement each ten seconds while the other machine has it (section 2.4 c)",
      policy: "defend",
      isNew: false,
      says: [20_000],
      answers: [20_000, 41_000],
      untilMs: 100_000,
      done: ["defend 23000", "defend 33000", "defend 43000"],
      phases: ["announcing"],
    },
    {
      name: "a machine that says it a hundred times a second is answered each ten seconds",
      policy: "defend",
      isNew: false,
      says: Array.from({ length: 2_500 }, (_, at) => at * 10),
      untilMs: 24_000,
      done: ["defend 3000", "defend 13000", "defend 23000"],
      phases: ["announcing"],
    },
    {
      name: "nothing is sent for warn",
      policy: "warn",
      isNew: false,
      says: [20_000],
      answers: [0, NEVER],
      untilMs: 100_000,
      done: [],
      phases: ["announcing"],
    },
    {
      name: "after a takeover, which is not delayed, an address that may have to be yielded is asked for",
      policy: "yield",
      isNew: false,
      answers: [0, NEVER],
      untilMs: 30_000,
      done: ["withdraw 8010"],
      phases: ["announcing", "yielded"],
    },
    {
      name: "a member is never defended against, nor yielded to: heartbeats settle that",
      policy: "yield",
      isNew: true,
      says: [0, 5_000, 9_000],
      answers: [0, NEVER],
      isMember: true,
      untilMs: 60_000,
      done: ["announce 0"],
      phases: ["asking", "announcing"],
    },
  ])("$name", ({ name: _name, done, phases, ...story }) => {
    const played = play(story);
    expect(played.done).toEqual(done);
    expect(played.phases).toEqual(phases);
  });

  it("a new address is asked for at once, 70 ms apart, and then as often as it is refreshed", () => {
    expect(play({ policy: "defend", isNew: true, untilMs: 130_000 }).probes).toEqual([0, 70, 140, 60_210, 120_210]);
    expect(play({ policy: "defend", isNew: false, untilMs: 130_000 }).probes).toEqual([60_000, 120_000]);
  });

  it("a pool that no longer says yield has its address announced, and the conflict is still known", () => {
    const { conflict } = play({ policy: "yield", isNew: true, answers: [0, NEVER], untilMs: 1_000 });
    const step = advanceConflict(setPolicy(conflict, "defend", 1_000), false, 1_000);
    expect(step).toMatchObject({ conflict: { phase: "announcing", foreign: { mac: MAC } }, actions: ["announce"] });
  });

  it("ends when the other machine has not been heard for two refreshes and a half", () => {
    const { conflict } = play({ policy: "warn", isNew: false, answers: [0, 70_000], untilMs: 205_000 });
    expect([isLasting(conflict, 205_000), isLasting(conflict, 300_000)]).toEqual([true, false]);
  });

  const happening = fc.record({
    waitMs: fc.integer({ min: 0, max: 90_000 }),
    hears: fc.option(fc.constantFrom("02:00:00:00:00:99", "02:00:00:00:00:98"), { nil: undefined }),
    policy: fc.option(fc.constantFrom(...CONFLICT_POLICIES), { nil: undefined }),
    isMember: fc.boolean(),
  });

  it("at any history: only yield is silent, defences are ten seconds apart, announcing and withdrawing alternate, and there is always a next step", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CONFLICT_POLICIES),
        fc.boolean(),
        fc.array(happening),
        (policy, isNew, history) => {
          let nowMs = 0;
          let conflict = startConflict({ ip, policy, isNew, chance: 0.5 }, nowMs);
          let isAnnounced = conflict.phase === "announcing";
          let defendedMs = -Infinity;
          for (const { waitMs, hears, policy: next, isMember } of history) {
            nowMs += waitMs;
            if (hears !== undefined) conflict = hearForeign(conflict, hears, nowMs);
            if (next !== undefined) conflict = setPolicy(conflict, next, nowMs);
            const { dueMs } = conflict;
            const step = advanceConflict(conflict, isMember, nowMs);
            if (nowMs < dueMs) expect(step).toEqual({ conflict, actions: [] });
            else expect(step.conflict.dueMs).toBeGreaterThan(nowMs);
            conflict = step.conflict;
            expect(step.actions.filter((action) => action === "probe").length).toBeLessThanOrEqual(1);
            for (const action of step.actions) {
              if (action === "announce" || action === "withdraw") {
                expect(isAnnounced).toBe(action === "withdraw");
                isAnnounced = !isAnnounced;
              }
              if (action === "withdraw") expect([conflict.policy, isMember]).toEqual(["yield", false]);
              if (action !== "defend") continue;
              expect([conflict.policy, isMember]).toEqual(["defend", false]);
              expect(nowMs - defendedMs).toBeGreaterThanOrEqual(10_000);
              defendedMs = nowMs;
            }
            expect(conflict.phase === "announcing").toBe(isAnnounced);
            expect(conflict.dueMs - nowMs).toBeLessThanOrEqual(120_000);
          }
        },
      ),
    );
  });
});

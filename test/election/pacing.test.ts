import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PacedMember, Pacing, type Turn } from "#src/election/pacing.ts";

const TICK_MS = 20;
type Node = { readonly node: string };

function member(index: number, changes: Partial<PacedMember<Node>> = {}): PacedMember<Node> {
  return {
    to: { node: `n${index}` },
    isClose: index < 5,
    session: 2n,
    isLive: true,
    knownVersion: 1,
    silentMs: 0,
    ...changes,
  };
}

const state = { claimsVersion: 1, chunks: 1, stateVersion: 0, isIdle: false };

/** Ticks for a while; returns what went to each node, with its time. */
function run(
  pacing: Pacing<Node>,
  members: readonly PacedMember<Node>[],
  { ticks = 50, fromMs = 0, said = state } = {},
) {
  const sent = new Map<string, (Turn<Node> & { readonly atMs: number })[]>();
  let most = 0;
  for (let tick = 0; tick < ticks; tick++) {
    const atMs = fromMs + tick * TICK_MS;
    const turns = pacing.tick(members, said, atMs);
    most = Math.max(most, turns.length);
    for (const turn of turns) sent.set(turn.to.node, [...(sent.get(turn.to.node) ?? []), { ...turn, atMs }]);
  }
  return { sent, most, total: [...sent.values()].flat().length };
}

const nodes = (count: number) => Array.from({ length: count }, (_, index) => member(index));

describe("Pacing", () => {
  it("A2 sends each heartbeat to watchers, and one a second to each other member", () => {
    const pacing = new Pacing<Node>(TICK_MS);
    run(pacing, nodes(20));
    const { sent } = run(pacing, nodes(20), { fromMs: 1_000, ticks: 250 });
    expect([...sent].map(([, turns]) => turns.length)).toEqual(
      Array.from({ length: 20 }, (_, index) => (index < 5 ? 250 : 5)),
    );
    expect(new Set(sent.get("n0")?.map(({ everyMs }) => everyMs))).toEqual(new Set([TICK_MS]));
    expect(new Set(sent.get("n9")?.map(({ everyMs }) => everyMs))).toEqual(new Set([1_000]));
  });

  it.each([{ count: 10 }, { count: 100 }, { count: 1_000 }])(
    "A2 sends some 300 a second at most to $count members",
    ({ count }) => {
      const pacing = new Pacing<Node>(TICK_MS);
      run(pacing, nodes(count), { ticks: 2_000 });
      const { total } = run(pacing, nodes(count), { fromMs: 40_000, ticks: 1_000 });
      expect(total / 20).toBeLessThan(302);
    },
  );

  it("A2 never lets a promise lapse three times, whatever becomes of members and of what is said", () => {
    const step = fc.record({
      count: fc.integer({ min: 1, max: 120 }),
      close: fc.integer({ min: 0, max: 10 }),
      ticks: fc.integer({ min: 1, max: 200 }),
      chunks: fc.integer({ min: 1, max: 3 }),
      isNews: fc.boolean(),
      isIdle: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        const pacing = new Pacing<Node>(TICK_MS);
        const promised = new Map<string, { atMs: number; everyMs: number }>();
        let [nowMs, version] = [0, 1];
        for (const { count, close, ticks, chunks, isNews, isIdle } of steps) {
          if (isNews) version += 1;
          const members = Array.from({ length: count }, (_, index) =>
            member(index, { isClose: index < close, knownVersion: version }),
          );
          for (const node of promised.keys()) if (!members.some(({ to }) => to.node === node)) promised.delete(node);
          for (let tick = 0; tick < ticks; tick++, nowMs += TICK_MS) {
            for (const { to, everyMs } of pacing.tick(
              members,
              { claimsVersion: version, chunks, stateVersion: version, isIdle },
              nowMs,
            ))
              promised.set(to.node, { atMs: nowMs, everyMs });
            const lapsed = [...promised].filter(([, { atMs, everyMs }]) => nowMs - atMs >= 3 * everyMs);
            if (lapsed.length > 0) expect(lapsed).toEqual([]);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it("an idle speaker sends its watchers half as many heartbeats, promises that, and says news at once", () => {
    const pacing = new Pacing<Node>(TICK_MS);
    const idle = { ...state, isIdle: true };
    run(pacing, nodes(5), { said: idle, ticks: 5 });
    const { sent } = run(pacing, nodes(5), { said: idle, fromMs: 100, ticks: 100 });
    for (const turns of sent.values()) {
      expect(turns).toHaveLength(50);
      expect(new Set(turns.map(({ everyMs }) => everyMs))).toEqual(new Set([2 * TICK_MS]));
    }
    const atMs = sent.get("n0")?.at(-1)?.atMs ?? expect.fail();
    const news = run(pacing, nodes(5), { said: { ...idle, stateVersion: 1 }, fromMs: atMs + TICK_MS, ticks: 1 });
    expect(news.total).toBe(5);
    const busy = run(pacing, nodes(5), { said: { ...state, claimsVersion: 2 }, fromMs: atMs + 2 * TICK_MS, ticks: 10 });
    expect(busy.total).toBe(50);
    expect(new Set(busy.sent.get("n0")?.map(({ everyMs }) => everyMs))).toEqual(new Set([TICK_MS]));
  });

  it("A2 tells news to all at once, within a budget, the newest claims first", () => {
    const pacing = new Pacing<Node>(TICK_MS);
    run(pacing, nodes(300), { said: { ...state, chunks: 3 }, ticks: 200 });
    const { sent, most } = run(pacing, nodes(300), {
      fromMs: 4_000,
      said: { ...state, claimsVersion: 2, chunks: 3 },
      ticks: 20,
    });
    expect(most).toBeLessThanOrEqual(5 + 64 + 2);
    expect(sent.size).toBe(300);
    expect(
      sent
        .get("n250")
        ?.slice(0, 3)
        .map(({ chunk }) => chunk),
    ).toEqual([2, 1, 0]);
  });

  it("A2 goes on with each heartbeat for a while, with the longer promise, to a member that no longer watches", () => {
    const pacing = new Pacing<Node>(TICK_MS);
    run(pacing, [member(0, { isClose: true })]);
    const { sent } = run(pacing, [member(0, { isClose: false })], { fromMs: 1_000, ticks: 20 });
    expect(sent.get("n0")?.map(({ everyMs }) => everyMs)).toEqual(Array.from({ length: 10 }, () => 1_000));
  });

  it("A2 greets a member that was never heard, and gives one that restarted all claims", () => {
    const pacing = new Pacing<Node>(TICK_MS);
    const said = { ...state, chunks: 2 };
    const greeted = run(pacing, [member(9, { session: 0n, isLive: false, knownVersion: 0 })], { said });
    expect(greeted.sent.get("n9")).toHaveLength(10);
    const { sent } = run(pacing, [member(9, { session: 4n, knownVersion: 0 })], { fromMs: 1_000, ticks: 3, said });
    expect(sent.get("n9")?.map(({ chunk }) => chunk)).toEqual([1, 0]);
  });

  it("A2 sends claims again to a member that says it lacks some", () => {
    const pacing = new Pacing<Node>(TICK_MS);
    const said = { ...state, chunks: 2 };
    run(pacing, [member(9)], { said });
    const { sent } = run(pacing, [member(9, { knownVersion: 0, silentMs: 5_000 })], { fromMs: 1_000, said });
    expect(
      sent
        .get("n9")
        ?.map(({ chunk }) => chunk)
        .toSorted(),
    ).toEqual([0, 1]);
  });

  it("A2 sends claims again at once, to a member that is heard after them and lacks them, and goes easy on it", () => {
    const pacing = new Pacing<Node>(TICK_MS);
    const said = { ...state, claimsVersion: 2 };
    const { sent } = run(pacing, [member(9)], { said, ticks: 25 });
    expect(sent.get("n9")?.map(({ atMs }) => atMs)).toEqual([0, 100, 200, 300, 400]);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import { Membership } from "#src/election/membership.ts";
import { heartbeat, OURS } from "./heartbeat.ts";

const TICK_MS = 10;
const DEAD_AFTER_MS = 100;
const HUNG_MS = 2.5 * DEAD_AFTER_MS;
/** What n2 says each time, with an address that it claims. */
const SAID = {
  session: 6n,
  claims: [{ ip: parseIp("192.0.2.1") ?? expect.fail(), term: 1, majority: true }],
  watch: { everyMs: TICK_MS, knownVersion: 1, isDeaf: false, silent: [] },
};

/** What the node of n2 does with a question; `unasked`: none can be sent. */
type Kernel = "answers" | "silent" | "refuses" | "unasked";

/** One that hears n2 each 10 ms for a second, while its kernel does as `before` says. */
function watching({ before = "answers", stallMs = 0 }: { before?: Kernel; stallMs?: number } = {}) {
  const subject = new Membership({
    session: OURS,
    deadAfterMs: DEAD_AFTER_MS,
    unheardAfterMs: 5_000,
    maxTickMs: 2 * TICK_MS,
  });
  subject.setMembers(new Set(["n2"]));
  let [nowMs, sequence, asked] = [0, 0, 0];
  let kernel = before;
  const hear = (saidMs = stallMs): void =>
    void subject.receive(heartbeat({ ...SAID, sequence: ++sequence, stallMs: saidMs }), nowMs);
  const tick = (elapsedMs = TICK_MS): void => {
    nowMs += elapsedMs;
    subject.tick(nowMs);
    for (const { node, question } of subject.takeQuestions()) {
      if (question !== "port") asked += 1;
      if (kernel === "unasked") subject.cannotAsk(node);
      if (question !== "port" && (kernel === "answers" || kernel === "refuses")) subject.hearKernel(node, nowMs);
      if (kernel === "refuses" && question !== "check") subject.hearRefusal(node);
    }
  };
  const isLive = (): boolean => subject.members().length === 1;
  for (let time = 0; time < 100; time++) {
    hear();
    tick();
  }
  return {
    hear,
    tick,
    isLive,
    asked: () => asked,
    /** Milliseconds of silence until n2 counts as dead; undefined where it never does. */
    diesAfter(now: Kernel, saidMs = stallMs): number | undefined {
      kernel = now;
      hear(saidMs);
      for (let silentMs = TICK_MS; silentMs <= 2_000; silentMs += TICK_MS) {
        tick();
        if (!isLive()) return silentMs;
      }
      return undefined;
    },
    setKernel(now: Kernel) {
      kernel = now;
    },
  };
}

describe("the signs of a member's death", () => {
  it.each([
    { now: "silent", diesMs: 40, what: "silence of process and kernel is death after four promised intervals" },
    { now: "refuses", diesMs: 40, what: "a refused port is death at the next tick" },
    {
      now: "answers",
      diesMs: HUNG_MS,
      what: "a process whose kernel answers hangs, and has two and a half times --dead-after",
    },
    { now: "unasked", diesMs: DEAD_AFTER_MS, what: "where no question can be sent silence has to last --dead-after" },
  ] as const)("$what", ({ now, diesMs }) => {
    expect(watching().diesAfter(now)).toBe(diesMs);
  });

  it.each([
    { before: "silent", what: "never answered, as behind a filter" },
    { before: "unasked", what: "could not be asked" },
  ] as const)("the silence of a kernel that $what says nothing", ({ before }) => {
    expect(watching({ before }).diesAfter("silent")).toBe(DEAD_AFTER_MS);
  });

  it.each([
    { now: "answers", moreMs: 50 },
    { now: "unasked", moreMs: 50 },
    { now: "silent", moreMs: 0 },
  ] as const)("a member that says it stalled lately has $moreMs ms more where its kernel $now", ({ now, moreMs }) => {
    const [usual, stalled] = [watching(), watching({ stallMs: 50 })].map((one) => one.diesAfter(now) ?? expect.fail());
    expect(stalled).toBe((usual ?? 0) + moreMs);
  });

  it.each([
    { saidMs: 200, diesMs: 240, what: "it had not run: the next pause is waited for" },
    { saidMs: 60, diesMs: 40, what: "it stalled for less: it was cut off" },
    { saidMs: 200, beforeMs: 200, diesMs: 40, what: "no more than it had said before: it was cut off" },
    { saidMs: 0, diesMs: 40, what: "it ran all the time: it was cut off" },
  ])("a machine was silent for 200 ms, and says that $what", ({ saidMs, beforeMs = 0, diesMs }) => {
    const one = watching({ stallMs: beforeMs });
    expect(one.diesAfter("silent")).toBe(40);
    for (let time = 0; time < 16; time++) one.tick();
    one.hear(saidMs);
    expect(one.isLive()).toBe(true);
    one.setKernel("answers");
    for (let time = 0; time < 100; time++) {
      one.hear(saidMs);
      one.tick();
    }
    expect(one.diesAfter("silent", saidMs)).toBe(diesMs);
    // It says so for a minute.
    one.hear(0);
    expect(one.diesAfter("silent", 0)).toBe(40);
  });

  it("a machine that dies while its process hangs is noticed by the next question", () => {
    const one = watching();
    one.hear();
    for (let time = 0; time < 10; time++) one.tick();
    expect(one.isLive()).toBe(true);
    one.setKernel("silent");
    for (let time = 0; time < 4; time++) one.tick();
    expect(one.isLive()).toBe(false);
  });

  it("a process whose port closes late is noticed as soon as it does: each tick asks for it", () => {
    const one = watching();
    one.hear();
    for (let time = 0; time < 8; time++) one.tick();
    one.setKernel("refuses");
    expect(one.isLive()).toBe(true);
    for (let time = 0; time < 2; time++) one.tick();
    expect(one.isLive()).toBe(false);
  });

  it("a refusal of a process before says nothing once the member was heard again", () => {
    const one = watching();
    one.setKernel("refuses");
    for (let time = 0; time < 3; time++) one.tick();
    one.setKernel("answers");
    for (let time = 0; time < 200; time++) {
      one.hear();
      one.tick();
      expect(one.isLive()).toBe(true);
    }
  });

  it("one that did not run itself takes no other for dead: time asleep is no silence, and an answer has its time", () => {
    const one = watching();
    one.setKernel("silent");
    one.hear();
    one.tick(2_000);
    one.tick();
    expect(one.isLive()).toBe(true);
  });

  it("one that was paused gives all members their whole time again", () => {
    const one = watching();
    one.setKernel("silent");
    one.hear();
    for (let time = 0; time < 3; time++) one.tick();
    one.tick(1_000);
    for (let time = 0; time < 2; time++) one.tick();
    expect(one.isLive()).toBe(true);
    for (let time = 0; time < 3; time++) one.tick();
    expect(one.isLive()).toBe(false);
  });

  it("a kernel is asked once a minute while nothing is wrong, and one that does not answer each five seconds", () => {
    const [answers, silent] = [watching(), watching({ before: "silent" })];
    for (const one of [answers, silent])
      for (let time = 0; time < 12_000; time++) {
        one.hear();
        one.tick();
      }
    expect(answers.asked()).toBeLessThanOrEqual(4);
    expect(silent.asked()).toBeLessThanOrEqual(25);
  });

  it("no member dies while its kernel answers and its silence is shorter than a hang, however it stalls", () => {
    const silences = fc.array(fc.integer({ min: 0, max: HUNG_MS / TICK_MS - 1 }), { maxLength: 50 });
    fc.assert(
      fc.property(silences, (ticks) => {
        const one = watching();
        for (const count of ticks) {
          one.hear();
          for (let time = 0; time < count; time++) one.tick();
          expect(one.isLive()).toBe(true);
        }
      }),
    );
  });

  it("a dead machine is noticed within 40 ms of its last heartbeat, whatever its process did before", () => {
    const silences = fc.array(fc.integer({ min: 0, max: HUNG_MS / TICK_MS - 1 }), { maxLength: 20 });
    fc.assert(
      fc.property(silences, (ticks) => {
        const one = watching();
        for (const count of ticks) {
          one.hear();
          for (let time = 0; time < count; time++) one.tick();
        }
        expect(one.diesAfter("silent")).toBe(40);
      }),
    );
  });
});

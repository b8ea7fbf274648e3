import { setImmediate as turnOfLoop } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { publishCaptures } from "#speaker/publish-captures.ts";
import type { CaptureReport } from "#src/model/capture-report.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Fields } from "#src/model/record.ts";
import { createLogger } from "#src/process/log.ts";

const report: CaptureReport = {
  node: "n1",
  asked: "first",
  why: "",
  interfaces: [{ name: "eth0", mac: "02:00:5e:10:00:01" }],
  frames: [{ atNs: 1n, interfaceIndex: 0, isSent: true, bytes: Uint8Array.of(0xab) }],
  isCut: false,
};

describe("publishCaptures()", () => {
  const written: Fields[] = [];
  let problems: readonly Problem[] = [];
  let failing = false;
  /** A write is done, and says that it failed. */
  let losing = false;
  /** Until it is resolved nothing is written again after a failure. */
  let retry = Promise.withResolvers<void>();
  const publisher = () =>
    publishCaptures({
      source: {
        report: async (name, value, options) => {
          if (failing) throw new Error("away");
          await Promise.resolve();
          expect([name, options?.topic, options?.goesWith?.name]).toEqual(["capture-n1", "capture", "n1"]);
          written.push(value);
          if (losing) throw new Error("reply lost");
        },
      },
      node: "n1",
      log: createLogger({ component: "test", level: "silent" }),
      onProblems: (found) => (problems = found),
      delay: async () => retry.promise,
    });

  beforeEach(() => {
    written.length = 0;
    failing = false;
    losing = false;
    retry = Promise.withResolvers();
    problems = [];
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Lets the publisher work; time goes on as far as a test says. */
  async function writes(count: number): Promise<readonly Fields[]> {
    for (let turn = 0; turn < 100 && written.length < count; turn++) await turnOfLoop();
    expect(written).toHaveLength(count);
    return written;
  }

  it("J publishes what was seen, and takes it back when it was read", async () => {
    const captures = publisher();
    captures.take(report);
    expect(await writes(1)).toMatchObject([{ asked: "first", frames: ["1 0 out ab"] }]);
    captures.clear();
    expect((await writes(2))[1]).toMatchObject({ asked: "", frames: [], interfaces: [] });
    captures.clear();
    captures.refuse("second");
    expect((await writes(3))[2]).toMatchObject({
      asked: "second",
      frames: [],
      why: expect.stringContaining("Service"),
    });
    await captures.close();
  });

  it("J takes back after a minute what nobody read", async () => {
    const captures = publisher();
    captures.take(report);
    await writes(1);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(written).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect((await writes(2))[1]).toMatchObject({ asked: "", frames: [] });
    await captures.close();
  });

  it("J takes back what may have been written though the reply was lost", async () => {
    const captures = publisher();
    losing = true;
    captures.take(report);
    await writes(1);
    for (let turn = 0; turn < 100 && problems.length === 0; turn++) await turnOfLoop();
    losing = false;
    captures.clear();
    retry.resolve();
    expect((await writes(2))[1]).toMatchObject({ asked: "", frames: [], interfaces: [] });
    await captures.close();
  });

  it("J writes nothing where nothing was asked, and says where it cannot", async () => {
    const captures = publisher();
    captures.clear();
    failing = true;
    captures.take(report);
    for (let turn = 0; turn < 100 && problems.length === 0; turn++) await turnOfLoop();
    expect(problems).toMatchObject([{ code: "REPORT_NOT_WRITTEN", why: "away" }]);
    expect(written).toEqual([]);
    retry.resolve();
    await captures.close();
  });
});

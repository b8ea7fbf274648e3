import { describe, expect, it, vi } from "vitest";
import { soon } from "#speaker/soon.ts";
import { eventually } from "#test/support/eventually.ts";

describe("soon()", () => {
  it("lets timers run between two times, however often it is asked for", async () => {
    const done: string[] = [];
    const acting = soon(() => {
      done.push("act");
      if (done.length < 20_000) acting.ask();
    });
    acting.ask();
    acting.ask();
    expect(done).toEqual([]);
    const timer = setInterval(() => done.push("timer"), 1);
    await vi.waitFor(() => expect(done.length).toBeGreaterThanOrEqual(20_000), eventually);
    clearInterval(timer);
    const first = done.indexOf("timer");
    expect(first).toBeGreaterThan(-1);
    expect(first).toBeLessThan(done.lastIndexOf("act"));
  });

  it("is not done after its end", async () => {
    let count = 0;
    const acting = soon(() => void count++);
    acting.ask();
    acting.stop();
    acting.ask();
    await new Promise(setImmediate);
    expect(count).toBe(0);
  });
});

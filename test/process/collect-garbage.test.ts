import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

/** Of 40 MB that nothing refers to. */
const ENOUGH_BYTES = 30e6;

describe("collectGarbage()", () => {
  it("collects what nothing refers to, and leaves no function behind that any code can call", () => {
    // A fixed size of the heap keeps V8 from collecting before.
    const program = `
      import { collectGarbage } from "#src/process/collect-garbage.ts";
      import { runInNewContext } from "node:vm";
      const used = () => process.memoryUsage().heapUsed;
      let kept = Array.from({ length: 5 }, () => new Array(1_000_000).fill(1.5));
      const before = used();
      kept = undefined;
      collectGarbage();
      console.log(JSON.stringify({ collected: before - used(), here: typeof gc, there: runInNewContext("typeof gc") }));`;
    const options = { encoding: "utf8", cwd: new URL("../..", import.meta.url) } as const;
    const { stdout } = spawnSync(
      process.execPath,
      ["--initial-heap-size=90", "--input-type=module", "--eval", program],
      options,
    );
    const { collected, ...rest } = JSON.parse(stdout) as { collected: number };
    expect(collected).toBeGreaterThan(ENOUGH_BYTES);
    expect(rest).toEqual({ here: "undefined", there: "undefined" });
  });

  it("does nothing where the thread would stand still for long", () => {
    const program = `
      import { collectGarbage } from "#src/process/collect-garbage.ts";
      let kept = Array.from({ length: 15 }, () => new Array(1_000_000).fill(1.5));
      const before = process.memoryUsage().heapUsed;
      kept = undefined;
      collectGarbage();
      console.log(before - process.memoryUsage().heapUsed);`;
    const options = { encoding: "utf8", cwd: new URL("../..", import.meta.url) } as const;
    const { stdout } = spawnSync(
      process.execPath,
      ["--initial-heap-size=400", "--input-type=module", "--eval", program],
      options,
    );
    expect(Number(stdout)).toBeLessThan(ENOUGH_BYTES);
  });
});

import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";

/** Of 40 MB that nothing refers to. */
const ENOUGH_BYTES = 30e6;

/** What a program prints that runs with a heap of such a size, which keeps V8 from collecting before. Throws where it fails. */
function printed(program: string, heapMb: number): string {
  const args = [`--initial-heap-size=${heapMb}`, "--input-type=module", "--eval", program];
  const options = { encoding: "utf8", cwd: new URL("../..", import.meta.url) } as const;
  return execFileSync(process.execPath, args, options);
}

describe("collectGarbage()", () => {
  it("collects what nothing refers to, and leaves no function behind that any code can call", () => {
    const program = `
      import { collectGarbage } from "#src/process/collect-garbage.ts";
      import { runInNewContext } from "node:vm";
      const used = () => process.memoryUsage().heapUsed;
      let kept = Array.from({ length: 5 }, () => new Array(1_000_000).fill(1.5));
      const before = used();
      kept = undefined;
      collectGarbage();
      console.log(JSON.stringify({ collected: before - used(), here: typeof gc, there: runInNewContext("typeof gc") }));`;
    const { collected, ...rest } = JSON.parse(printed(program, 90)) as { collected: number };
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
    expect(Number(printed(program, 400))).toBeLessThan(ENOUGH_BYTES);
  });
});

import { setImmediate } from "node:timers/promises";
import { writeAll } from "#src/status/write-all.ts";
import { describe, expect, it } from "vitest";

const ten = Array.from({ length: 10 }, (_, at) => at);

describe("writeAll()", () => {
  it.each([{ atOnce: 1 }, { atOnce: 3 }, { atOnce: 16 }])(
    "makes each write once, in order, $atOnce under way at once",
    async ({ atOnce }) => {
      const begun: number[] = [];
      let [underWay, most] = [0, 0];
      const write = async (one: number): Promise<void> => {
        begun.push(one);
        most = Math.max(most, ++underWay);
        await setImmediate();
        underWay--;
      };
      expect(await writeAll(ten, { atOnce, goOn: () => true, write })).toBe(true);
      expect(begun).toEqual(ten);
      expect(most).toBe(Math.min(atOnce, ten.length));
    },
  );

  it("ends before the next write when it may not go on, and says so", async () => {
    const begun: number[] = [];
    const write = async (one: number): Promise<void> => {
      begun.push(one);
      await setImmediate();
    };
    expect(await writeAll(ten, { atOnce: 2, goOn: () => begun.length < 3, write })).toBe(false);
    expect(begun).toEqual([0, 1, 2]);
    expect(await writeAll([], { atOnce: 2, goOn: () => false, write })).toBe(true);
  });
});

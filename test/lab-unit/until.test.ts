import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";

describe("until()", () => {
  it("returns the first value that is neither undefined nor false", async () => {
    const values = [undefined, false, 0];
    expect(await until("a value", () => values.shift())).toBe(0);
    expect(values).toHaveLength(0);
  });

  it("looks again after the condition threw", async () => {
    let looks = 0;
    const condition = () => {
      if (++looks < 3) throw new Error("not there yet");
      return looks;
    };
    expect(await until("three looks", condition)).toBe(3);
  });

  it.each([
    { name: "what the condition yielded", condition: () => undefined, lastSeen: undefined, word: "nothing" },
    {
      name: "what is named as seen",
      condition: () => false,
      lastSeen: () => ({ owner: "n2" }),
      word: '{"owner":"n2"}',
    },
    {
      name: "what the condition threw",
      condition: () => {
        throw new Error("no such file");
      },
      lastSeen: undefined,
      word: "no such file",
    },
  ])("says what was awaited and $name", async ({ condition, lastSeen, word }) => {
    const options = { timeoutMs: 20, ...(lastSeen === undefined ? {} : { lastSeen }) };
    const error = await until("n1 owns the address", condition, options).catch((it: Error) => it);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toBe(`waited 20 ms without success for: n1 owns the address (last seen: ${word})`);
  });
});

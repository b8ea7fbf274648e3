import { describe, expect, it } from "vitest";
import { optionInvalid } from "#src/model/option-invalid.ts";
import { parsedTogether } from "#src/model/parsed-together.ts";
import type { Parsed } from "#src/model/problem.ts";

const problem = (flag: string) => optionInvalid([flag], { what: "w", why: "y", fix: "f" });
const read = { ok: true, value: 1, problems: [] } as const;
const warned: Parsed<string> = { ok: true, value: "b", problems: [problem("--b")] };
const failed: Parsed<string> = { ok: false, problems: [problem("--c"), problem("--d")] };

describe("parsedTogether()", () => {
  it("gives all values by name, with their warnings", () => {
    const value = { first: 1, second: "b" };
    expect(parsedTogether({ first: read, second: warned })).toEqual({ ok: true, value, problems: warned.problems });
  });

  it("gives the problems of all in their order where one cannot be read, wherever it stands", () => {
    const problems = [...failed.problems, ...warned.problems];
    expect(parsedTogether({ failed, warned, read })).toEqual({ ok: false, problems });
    expect(parsedTogether({ read, warned, failed })).toEqual({
      ok: false,
      problems: [...warned.problems, ...failed.problems],
    });
  });
});

import { describe, expect, it } from "vitest";
import { type Problem, withPlacePrinted } from "#src/model/problem.ts";
import { createLogger } from "#src/process/log.ts";
import { logProblem, ProblemLog } from "#src/process/problem-log.ts";

const problem: Problem = {
  code: "FIELD_INVALID",
  at: { kind: "object", object: { kind: "Service", namespace: "default", name: "web" }, path: "spec.type" },
  what: 'Cannot use "x"',
  why: "it is not a type",
  fix: "Write another",
  severity: "error",
};
const warning: Problem = { ...problem, code: "TEXT_NOT_QUOTED", severity: "warning" };

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger({ component: "test", level: "info", to: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("O9 a Problem in the log", () => {
  it.each([
    { ...problem, level: "error" },
    { ...warning, level: "warn" },
  ])("has one form: $severity", ({ level, ...one }) => {
    const [line] = logged((log) => logProblem(log, one, { service: "default/web" }));
    const { severity: _severity, ...texts } = withPlacePrinted(one);
    expect(line).toMatchObject({ msg: "problem", level, service: "default/web", ...texts });
    expect(line).not.toHaveProperty("reason");
    expect(line).not.toHaveProperty("severity");
  });

  it("is there once while it lasts, and again when it comes back", () => {
    const lines = logged((log) => {
      const problems = new ProblemLog(log);
      problems.report("a", [problem]);
      problems.report("a", [problem, warning]);
      expect(problems.count).toBe(2);
      problems.report("a", []);
      expect(problems.count).toBe(0);
      problems.report("a", [problem]);
    });
    expect(lines.map(({ code }) => code)).toEqual([problem.code, warning.code, problem.code]);
  });
});

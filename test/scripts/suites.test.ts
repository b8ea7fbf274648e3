import { execFileSync, spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const START = join(root, "scripts/start.js");

/** What a suite comes to. */
interface Result {
  readonly code: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** One text for each test that failed. */
  readonly failures: readonly string[];
}

// Plain JavaScript without types: any Node runs it.
const { sum, report } = (await import(join(root, "scripts/suites.js"))) as {
  readonly sum: (left: Result, right: Result) => Result;
  readonly report: (result: Result) => string;
};

const scratch = mkdtempSync(join(tmpdir(), "hawser-suites-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("the two suites", () => {
  it.each([
    { name: "passed", left: [0, 5, 0, 0], right: [0, 3, 0, 0], line: "8 passed, 0 failed", code: 0 },
    {
      name: "failed",
      left: [0, 5, 0, 0],
      right: [1, 3, 2, 0],
      line: "FAILED a\nFAILED b\n8 passed, 2 failed",
      code: 1,
    },
    { name: "skipped", left: [0, 5, 0, 1], right: [0, 0, 0, 90], line: "5 passed, 0 failed, 91 skipped", code: 0 },
    {
      name: "ended by a signal",
      left: [130, 5, 1, 0],
      right: [0, 0, 0, 0],
      line: "FAILED a\n5 passed, 1 failed",
      code: 130,
    },
  ])("E are summed up in the last line, after what failed: $name", ({ left, right, line, code }) => {
    const result = (counts: readonly number[]): Result => {
      const [code = 0, passed = 0, failed = 0, skipped = 0] = counts;
      return { code, passed, failed, skipped, failures: ["FAILED a", "FAILED b"].slice(0, failed) };
    };
    const both = sum(result(left), result(right));
    expect([report(both), both.code]).toEqual([line, code]);
  });

  it("E npm test refuses a test of the other suite, and names its command", () => {
    const { status, stderr } = spawnSync(process.execPath, [START, "test", "test/cluster/leader.test.ts"], {
      encoding: "utf8",
    });
    expect(status).toBe(2);
    expect(stderr).toContain("npm run test:cluster -- test/cluster/leader.test.ts");
  });

  it("E every test belongs to one of the projects of vitest.config.ts, and none to two", () => {
    const list = ["list", "--filesOnly", "--json", join(scratch, "files.json")];
    execFileSync(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), ...list], { cwd: root });
    const listed = readFileSync(join(scratch, "files.json"), "utf8");
    const files = (JSON.parse(listed) as { file: string }[]).map(({ file }) => file.slice(root.length)).toSorted();
    expect(files).toEqual(globSync("test/**/*.test.ts", { cwd: root }).toSorted());
  });
});

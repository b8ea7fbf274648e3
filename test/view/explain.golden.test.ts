import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { printExplanation } from "#cli/print-explanation.ts";
import { REASONS } from "#src/model/reason.ts";
import { explain, type Explanation } from "#src/view/explain.ts";
import { explainCase, explainCases, explainFolder, readExplainCase } from "#test/support/explain-cases.ts";

function explanationOf(name: string): Explanation {
  const explained = explain(explainCase(name), readExplainCase(name).head.subject);
  return explained.ok ? explained.explanation : expect.fail(explained.why);
}

describe("explain() golden cases", () => {
  it.each(explainCases)("F %s", async (name) => {
    const explanation = explanationOf(name);
    const out = stringify({ text: printExplanation(explanation), json: explanation }, { lineWidth: 0 });
    await expect(out).toMatchFileSnapshot(new URL(name.replace(".in.yaml", ".out.yaml"), explainFolder).pathname);
  });

  it.each(REASONS)("F there is a case of the reason %s, and it says so", (reason) => {
    expect(explainCases).toContain(`${reason}.in.yaml`);
    const said = explanationOf(`${reason}.in.yaml`).steps.map((step) => step.reason);
    expect(said).toContain(reason);
  });

  it.each(explainCases)("F %s says what to do next where a step is bad", (name) => {
    const { steps, next } = explanationOf(name);
    if (steps.some(({ verdict }) => verdict === "bad")) expect(next).not.toMatch(/^(?:Nothing|$)/);
  });
});

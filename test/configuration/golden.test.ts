import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import { printProblem } from "#src/model/problem.ts";
import { configMap, describeConfiguration } from "#test/model/build.ts";

const folder = new URL("../golden/configuration/", import.meta.url);
const cases = readdirSync(folder).filter((name) => name.endsWith(".in.yaml"));

/** What a configuration comes to, as a person reviews it. */
function describeText(text: string): string {
  const parsed = fromConfigMap(configMap(text));
  const problems = parsed.problems.map((problem) => `${problem.severity}: ${printProblem(problem)}`);
  const value = parsed.ok ? describeConfiguration(parsed.value) : "cannot be used";
  return stringify({ configuration: value, ...(problems.length === 0 ? {} : { problems }) }, { lineWidth: 0 });
}

/** The rules of MetalLB's old format, by the sections of our inventory of it: the number begins a file's name. */
describe("configurations, golden cases by rule", () => {
  it.each(["2.1", "2.2", "2.3", "2.4", "2.5", "2.6"])("section %s has cases", (section) => {
    expect(cases.filter((name) => name.startsWith(section)).length).toBeGreaterThan(2);
  });

  it.each(cases)("%s", async (name) => {
    const out = new URL(name.replace(".in.yaml", ".out.yaml"), folder);
    await expect(describeText(readFileSync(new URL(name, folder), "utf8"))).toMatchFileSnapshot(out.pathname);
  });

  it("no message has a password in it", () => {
    const outputs = readdirSync(folder).filter((name) => name.endsWith(".out.yaml"));
    const texts = outputs.map((name) => readFileSync(new URL(name, folder), "utf8"));
    expect(texts.filter((text) => /hunter2|12345678/.test(text))).toEqual([]);
    const inputs = cases.map((name) => readFileSync(new URL(name, folder), "utf8"));
    expect(inputs.filter((text) => /hunter2|12345678/.test(text)).length).toBeGreaterThan(3);
  });
});

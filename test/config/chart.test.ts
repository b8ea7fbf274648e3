import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CHART_VALUES } from "#scripts/chart/chart-values.ts";
import { renderTemplate } from "#scripts/chart/render-template.ts";
import { writtenChart } from "#scripts/chart/written-chart.ts";
import { CHART } from "#test/support/helm.ts";

const templates = globSync("templates/*", { cwd: CHART }).map((path) => readFileSync(join(CHART, path), "utf8"));

/** The value at the end of a path; undefined where there is none. */
function valueAt(values: unknown, path: string): unknown {
  return path.split(".").reduce((place, step) => (place as Record<string, unknown> | undefined)?.[step], values);
}

describe("charts/hawser", () => {
  it.each(Object.entries(writtenChart()))("%s is up to date (node scripts/chart.js)", (path, text) => {
    expect(readFileSync(join(CHART, path), "utf8")).toBe(text);
  });

  const used = new Set(
    templates.flatMap((text) => [...text.matchAll(/\.Values\.([A-Za-z.]+)/g)].map(([, path = ""]) => path)),
  );

  it("has templates that use no value that values.yaml does not have", () => {
    const values: unknown = parse(readFileSync(join(CHART, "values.yaml"), "utf8"));
    expect([...used].filter((path) => valueAt(values, path) === undefined)).toEqual([]);
  });

  it.each(CHART_VALUES)("uses its value $path", ({ path }) => {
    // Some are read from their map, or by the helpers as .name of it.
    const name = path.split(".").at(-1) ?? "";
    const isUsed =
      used.has(path) || templates.some((text) => new RegExp(String.raw`[ (]\$?\w*\.(?:\w+\.)*${name}\b`).test(text));
    expect(isUsed).toBe(true);
  });
});

describe("renderTemplate()", () => {
  it.each([
    {
      at: "spec.nothing.there",
      put: "if",
      text: "true",
      says: "Deployment hawser-controller has no spec.nothing.there",
    },
    {
      at: "spec.replicas",
      put: "item",
      text: "- x",
      says: "Deployment hawser-controller: spec.replicas is not a place for an item",
    },
    { at: "spec.template.spec.containers.0.env.NOPE.value", put: "value", text: "x", says: "no item NOPE" },
  ] as const)("throws where config/ has no place for a hole: $put at $at", ({ says, ...hole }) => {
    const objects = { "Deployment hawser-controller": { holes: [hole] } };
    expect(() => renderTemplate({ file: "x.yaml", source: "base/controller.yaml", objects })).toThrow(says);
  });

  it("throws where config/ has no such object", () => {
    const template = { file: "x.yaml", source: "base/controller.yaml", objects: { "Deployment gone": {} } };
    expect(() => renderTemplate(template)).toThrow("config/base/controller.yaml has no Deployment gone");
  });
});

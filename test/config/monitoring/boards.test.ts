import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { ADDRESS_BOARD } from "#scripts/monitoring/address-board.ts";
import type { Board } from "#scripts/monitoring/board.ts";
import { INGRESS_BOARD } from "#scripts/monitoring/ingress-board.ts";
import { renderBoard } from "#scripts/monitoring/render-board.ts";
import { promtool, runPromtool } from "#test/support/promtool.ts";
import { findUnknown } from "./find-unknown.ts";
import { knownMetric, listedMetrics } from "./known-metrics.ts";
import { readExpression } from "./read-expression.ts";
import { targetLabels } from "./target-series.ts";

if (promtool === undefined)
  console.log("skipped: promtool is not installed (Debian package prometheus), expressions of boards are not parsed");

const boards: readonly Board[] = [ADDRESS_BOARD, INGRESS_BOARD];

/** Panels of Grafana that are kept up; graph, singlestat, table-old and worldmap are not. */
const PANEL_TYPES = ["row", "stat", "timeseries", "bargauge", "table"];

interface Rendered {
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[];
  };
  readonly panels: readonly RenderedPanel[];
}

interface RenderedPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
}

/** What Grafana puts into an expression before it asks Prometheus. */
const filled = (expr: string): string => expr.replaceAll("$__rate_interval", "5m");

describe.each(boards)("the board $title", (board) => {
  const { panels, templating } = JSON.parse(renderBoard(board)) as Rendered;
  const targets = panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ title: panel.title, ...target })));

  it.each(targets)(
    "$title: names metrics, labels and values that the programs export",
    ({ expr, legendFormat = "" }) => {
      expect(findUnknown(filled(expr))).toEqual([]);
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      const { grouped } = readExpression(filled(expr));
      expect(shown.filter((label) => !grouped.includes(label))).toEqual([]);
    },
  );

  it("asks for variables that it has, by labels that the metrics have", () => {
    const names = templating.list.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["datasource", "namespace", "pod"]));
    const used = targets.flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name = ""]) => name));
    expect([...new Set(used)].filter((name) => name !== "__rate_interval").toSorted()).toEqual(
      names.filter((name) => name !== "datasource").toSorted(),
    );
    for (const { definition } of templating.list.filter(({ type }) => type === "query")) {
      const [, series = "", label = ""] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? "") ?? [];
      expect(findUnknown(series)).toEqual([]);
      const own = readExpression(series).selectors.flatMap(({ metric }) => knownMetric(metric)?.labels ?? []);
      expect([...own, ...Object.keys(targetLabels("ingress", 1))]).toContain(label);
    }
  });

  it("has panels of types that are kept up, of the chosen data source, that do not cover each other", () => {
    expect(panels.filter(({ type }) => !PANEL_TYPES.includes(type))).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { type, gridPos, datasource } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      expect(datasource?.uid).toBe(type === "row" ? undefined : "${datasource}");
    }
  });

  it.skipIf(promtool === undefined)("has expressions that Prometheus can read", () => {
    const rules = targets.map(({ expr }, index) => ({ record: `board:panel:${index}`, expr: filled(expr) }));
    const { status, said } = runPromtool(["check", "rules"], stringify({ groups: [{ name: "board", rules }] }));
    expect([said, status]).toEqual([expect.stringContaining(`SUCCESS: ${rules.length} rules found`), 0]);
  });
});

it("the boards show every metric of ours but these", () => {
  const shown = new Set(
    boards
      .flatMap(({ rows }) => rows.flatMap(({ panels }) => panels))
      .flatMap(({ queries }) => queries.flatMap(({ expr }) => readExpression(filled(expr)).selectors))
      .map(({ metric }) => metric.replace(/_bucket$/, "")),
  );
  const missing = listedMetrics.filter((name) => name.startsWith("hawser_") && !shown.has(name));
  // The first says little; the second is what the variables ask for.
  expect(missing).toEqual(["hawser_pool_addresses_excluded", "hawser_build_info"]);
});

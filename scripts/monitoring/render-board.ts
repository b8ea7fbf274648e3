import type { Board, Panel, Variable } from "./board.ts";

/** The version of Grafana's format for boards that is written: that of Grafana 11, which newer ones read. */
const SCHEMA = 39;
const DATASOURCE = { type: "prometheus", uid: "${datasource}" };
const HEIGHT: Readonly<Record<Panel["type"], number>> = { stat: 4, timeseries: 8, bargauge: 8, table: 8 };
const FULL_WIDTH = 24;

/** What each type of panel needs to be read without a click. */
const OPTIONS: Readonly<Record<Panel["type"], object>> = {
  stat: { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "value", graphMode: "area" },
  bargauge: { reduceOptions: { calcs: ["lastNotNull"] }, orientation: "horizontal", displayMode: "lcd" },
  table: { showHeader: true },
  timeseries: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
};

/** A board as the JSON that Grafana imports and its sidecar loads. */
export function renderBoard({ uid, title, variables, rows }: Board): string {
  const panels: object[] = [];
  let top = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: "row",
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: at(0, top, FULL_WIDTH, 1),
    });
    top += 1;
    let left = 0;
    let lineHeight = 0;
    for (const panel of row.panels) {
      if (left + panel.width > FULL_WIDTH) {
        top += lineHeight;
        [left, lineHeight] = [0, 0];
      }
      panels.push({
        id: panels.length + 1,
        ...panelOf(panel),
        gridPos: at(left, top, panel.width, HEIGHT[panel.type]),
      });
      left += panel.width;
      lineHeight = Math.max(lineHeight, HEIGHT[panel.type]);
    }
    top += lineHeight;
  }
  const board = {
    uid,
    title,
    tags: ["hawser"],
    schemaVersion: SCHEMA,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    timezone: "browser",
    templating: { list: [datasource, ...variables.map(variableOf)] },
    panels,
  };
  return `${JSON.stringify(board, undefined, 2)}\n`;
}

const at = (x: number, y: number, w: number, h: number): object => ({ x, y, w, h });

function panelOf({ title, description, type, unit, queries, redFrom, redBelow, isStacked = false }: Panel): object {
  const isInstant = type === "table" || type === "bargauge";
  const [low, high] = redBelow === undefined ? ["green", "red"] : ["red", "green"];
  const limit = redFrom ?? redBelow;
  const steps = [
    { color: limit === undefined ? "green" : low, value: null },
    ...(limit === undefined ? [] : [{ color: high, value: limit }]),
  ];
  return {
    type,
    title,
    description,
    datasource: DATASOURCE,
    fieldConfig: {
      defaults: {
        unit,
        min: type === "bargauge" || type === "timeseries" ? 0 : undefined,
        max: type === "bargauge" ? 1 : undefined,
        thresholds: { mode: "absolute", steps },
        custom: type === "timeseries" && isStacked ? { fillOpacity: 20, stacking: { mode: "normal" } } : undefined,
      },
      overrides: [],
    },
    options: OPTIONS[type],
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend === "" ? undefined : legend,
      ...(isInstant
        ? { instant: true, range: false, format: type === "table" ? "table" : "time_series" }
        : { range: true }),
    })),
    transformations: type === "table" ? [{ id: "organize", options: { excludeByName: { Time: true } } }] : undefined,
  };
}

const datasource = {
  type: "datasource",
  name: "datasource",
  label: "Data source",
  query: "prometheus",
  current: {},
  hide: 0,
};

function variableOf({ name, label, metric, of }: Variable): object {
  const query = `label_values(${metric}, ${of})`;
  return {
    type: "query",
    name,
    label,
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ".*",
    current: { text: "All", value: "$__all" },
  };
}

import { stringify } from "yaml";
import { CHART_VALUES, type ChartValue } from "./chart-values.ts";

interface Tree {
  [key: string]: Tree | ChartValue;
}

function isValue(node: Tree | ChartValue): node is ChartValue {
  return typeof node["path"] === "string";
}

/** The values by the steps of their paths. */
function treeOf(values: readonly ChartValue[]): Tree {
  const tree: Tree = {};
  for (const value of values) {
    const steps = value.path.split(".");
    const last = steps.pop() ?? "";
    let place = tree;
    for (const step of steps) place = (place[step] ??= {}) as Tree;
    place[last] = value;
  }
  return tree;
}

/** values.yaml: all defaults, each with what it is for. */
export function renderValues(): string {
  const head = "# Made by scripts/chart.js from scripts/chart/chart-values.ts and config/.\n";
  return head + linesOf(treeOf(CHART_VALUES), "").join("\n") + "\n";
}

function linesOf(tree: Tree, indent: string): readonly string[] {
  return Object.entries(tree).flatMap(([key, node]) => {
    if (!isValue(node)) return [`${indent}${key}:`, ...linesOf(node, `${indent}  `)];
    const text = stringify({ [key]: node.default }, { lineWidth: 0, indentSeq: false }).trimEnd();
    return [`${indent}# ${node.help}`, ...text.split("\n").map((line) => indent + line)];
  });
}

/** values.schema.json: what Helm checks before it renders anything. A misspelt name is an error. */
export function renderSchema(): string {
  const schema = { $schema: "http://json-schema.org/draft-07/schema#", ...schemaOf(treeOf(CHART_VALUES)) };
  // Helm itself hands it to charts that are part of another.
  schema.properties["global"] = { type: "object" };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

interface ObjectSchema {
  readonly type: "object";
  readonly additionalProperties: false;
  readonly properties: Record<string, object>;
}

function schemaOf(tree: Tree): ObjectSchema {
  const properties = Object.entries(tree).map(([key, node]) => [
    key,
    isValue(node) ? { description: node.help, ...node.schema } : schemaOf(node),
  ]);
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(properties) };
}

/** README.md of the chart: all values as a table. */
export function renderReadme(): string {
  const rows = CHART_VALUES.map(({ path, default: value, help }) => {
    const text = JSON.stringify(value);
    return `| \`${path}\` | \`${text.replaceAll("|", String.raw`\|`)}\` | ${help.replaceAll("|", String.raw`\|`)} |`;
  });
  return `# Helm chart of Hawser

<!-- Made by scripts/chart.js from scripts/chart/chart-values.ts. -->

A bare-metal LoadBalancer provider for Kubernetes. [docs/helm.md](../../docs/helm.md) says how to install, upgrade and uninstall it by this chart.
Unknown names and wrong types of values are refused by \`values.schema.json\`.

| Value | Default | Is |
|---|---|---|
${rows.join("\n")}
`;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { config } from "#scripts/manifests/render.ts";
import { ADDRESS_BOARD } from "#scripts/monitoring/address-board.ts";
import { INGRESS_BOARD } from "#scripts/monitoring/ingress-board.ts";
import { renderBoard } from "#scripts/monitoring/render-board.ts";
import { renderRulesFile } from "#scripts/monitoring/render-rules.ts";
import { renderTemplate } from "./render-template.ts";
import { renderReadme, renderSchema, renderValues } from "./render-values.ts";
import { TEMPLATES } from "./templates.ts";

/** The oldest Kubernetes whose objects the manifests have. */
const OLDEST_KUBERNETES = ">=1.25.0-0";

/** Files of charts/hawser that are made, by their path there -> what is in them. The others are written by hand. */
export function writtenChart(): Readonly<Record<string, string>> {
  const templates = TEMPLATES.map((template) => [`templates/${template.file}`, renderTemplate(template)] as const);
  const boards = [ADDRESS_BOARD, INGRESS_BOARD].map((one) => [`files/${one.uid}.json`, renderBoard(one)] as const);
  return {
    "Chart.yaml": renderChart(),
    "values.yaml": renderValues(),
    "values.schema.json": renderSchema(),
    "README.md": renderReadme(),
    "files/hawser.rules.yaml": renderRulesFile(),
    ...Object.fromEntries([...templates, ...boards]),
  };
}

function renderChart(): string {
  const { version, description } = JSON.parse(readFileSync(join(config, "../package.json"), "utf8")) as {
    readonly version: string;
    readonly description: string;
  };
  const chart = {
    apiVersion: "v2",
    name: "hawser",
    type: "application",
    version,
    appVersion: version,
    description,
    kubeVersion: OLDEST_KUBERNETES,
    keywords: ["load balancer", "bare metal", "ingress", "layer 2"],
    annotations: { "artifacthub.io/license": "Apache-2.0" },
  };
  return `# Made by scripts/chart.js from package.json.\n${stringify(chart, { lineWidth: 0, indentSeq: false })}`;
}

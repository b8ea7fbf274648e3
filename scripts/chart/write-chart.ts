import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writtenChart } from "./written-chart.ts";

/** Templates that are written by hand. */
const BY_HAND = [
  "NOTES.txt",
  "_helpers.tpl",
  "pools.yaml",
  "prometheus-rule.yaml",
  "dashboards.yaml",
  "ingress-secret-bindings.yaml",
];
const CHART = fileURLToPath(new URL("../../charts/hawser", import.meta.url));

/** Writes what is made of charts/hawser, and removes templates that no longer are. */
export function writeChart(): void {
  const written = writtenChart();
  for (const name of readdirSync(join(CHART, "templates")))
    if (!BY_HAND.includes(name) && written[`templates/${name}`] === undefined) rmSync(join(CHART, "templates", name));
  for (const [path, text] of Object.entries(written)) {
    mkdirSync(dirname(join(CHART, path)), { recursive: true });
    writeFileSync(join(CHART, path), text);
  }
}

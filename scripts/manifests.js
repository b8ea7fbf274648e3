// The install manifests as one file for each way of exposing, for people without a clone: config/WAY.yaml; the alerts and boards of
// config/monitoring; and the Helm chart, which is made from both.
// Usage: node scripts/manifests.js [--runbooks URL]   (needs kubectl; test/config says when it is due)
//   --runbooks URL   where docs/runbooks is for the people on call: what is before NAME.md in the links of the alerts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeChart } from "./chart/write-chart.ts";
import { config, render, ways } from "./manifests/render.ts";
import { writtenFiles } from "./monitoring/written-files.ts";

const { values } = parseArgs({ options: { runbooks: { type: "string" } } });

for (const way of ways) writeFileSync(join(config, `${way}.yaml`), render(way));
for (const [path, text] of Object.entries(writtenFiles(values.runbooks)))
  writeFileSync(join(config, "monitoring", path), text);
writeChart();

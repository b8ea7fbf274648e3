// The Helm chart: charts/hawser, rendered from config/, scripts/monitoring and scripts/chart.
// Usage: node scripts/chart.js   (test/config says when it is due; scripts/manifests.js does it, too)
import { writeChart } from "./chart/write-chart.ts";

writeChart();

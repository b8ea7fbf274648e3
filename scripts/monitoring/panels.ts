import type { Panel } from "./board.ts";

/** The range of a rate or an increase, by what Grafana shows of time. */
export const RATE = "[$__rate_interval]";

/** A figure; what is in `rest` replaces what is usual. */
export function stat(title: string, description: string, expr: string, rest: Partial<Panel> = {}): Panel {
  return { title, description, type: "stat", unit: "short", width: 4, queries: [{ expr, legend: "" }], ...rest };
}

/** A line for each query, over time. */
export function lines(
  panel: Pick<Panel, "title" | "description"> & Partial<Panel>,
  ...queries: readonly (readonly [expr: string, legend: string])[]
): Panel {
  const usual = { type: "timeseries", unit: "cps", width: 8 } as const;
  return { ...usual, ...panel, queries: queries.map(([expr, legend]) => ({ expr, legend })) };
}

/** A quantile of a histogram, by the buckets with these labels. */
export function quantile(part: number, buckets: string, by = "le"): string {
  return `histogram_quantile(${part}, sum by (${by}) (rate(${buckets}${RATE})))`;
}

/** Queries for several of them. */
export function quantiles(parts: readonly number[], buckets: string): readonly (readonly [string, string])[] {
  return parts.map((part) => [quantile(part, buckets), `p${part * 100}`] as const);
}

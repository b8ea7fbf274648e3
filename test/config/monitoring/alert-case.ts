import type { TargetSeries } from "./target-series.ts";

/** What `promtool test rules` is to find of one alert: series as the programs export them. */
export interface AlertCase {
  readonly alert: string;
  readonly what: string;
  /** When it is looked at. */
  readonly at: string;
  /** From one value of the series to the next, and from one look to the next; a minute by default. */
  readonly every?: "1m" | "15m";
  readonly series: readonly TargetSeries[];
  /** The alert that fires, without its severity; undefined: none does. */
  readonly fires?: { readonly labels: Readonly<Record<string, string>>; readonly says: string };
}

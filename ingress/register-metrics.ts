import { hostname } from "node:os";
import type { Registry } from "prom-client";
import type { OptionValues } from "#src/process/option-spec.ts";
import type { Counters } from "./engine/counters.ts";
import type { RequestSeries } from "./engine/request-series.ts";
import type { ingressOptions } from "./ingress-options.ts";
import { type IngressFigures, registerIngressMetrics } from "./metrics.ts";
import { type NginxFigures, registerNginxMetrics } from "./nginx-metrics.ts";
import { registerTrafficMetrics, type TrafficFigures } from "./traffic-metrics.ts";

/** What all metrics of the program are read from. */
export interface ProgramFigures extends IngressFigures, TrafficFigures, Pick<NginxFigures, "tables" | "startedMs"> {
  readonly counters: Counters;
  /** Undefined: without --nginx-metrics. */
  readonly series: RequestSeries | undefined;
}

/** Registers all metrics that the options ask for. */
export function registerMetrics(
  registry: Registry,
  figures: ProgramFigures,
  options: Pick<OptionValues<typeof ingressOptions>, "controllerClass" | "namespace">,
): void {
  const { series } = figures;
  registerIngressMetrics(registry, figures);
  registerTrafficMetrics(registry, figures);
  if (series === undefined) return;
  const constant = {
    controller_class: options.controllerClass,
    controller_namespace: options.namespace,
    controller_pod: hostname(),
  };
  registerNginxMetrics(registry, { ...figures, series, constant });
}

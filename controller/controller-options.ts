import { adminOptions, classOptions, logOptions } from "#src/process/option-groups.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { metricsTlsOptions } from "#src/source/open-metrics-tls.ts";
import { installationOptions, sourceOptions } from "#src/source/source-options.ts";
import { pageOptions } from "./ui/page-options.ts";

/** The options of the controller. */
export const controllerOptions = {
  ...sourceOptions,
  ...installationOptions,
  ...classOptions("Serve", "speakers"),
  heartbeatSecret: {
    kind: "string",
    help: "Create this Secret with a random key if it does not exist (default: none)",
  },
  poolWarningPercent: {
    kind: "number",
    default: 90,
    min: 1,
    max: 100,
    help: "Report a pool as nearly full when this percentage of its addresses is in use",
  },
  ...adminOptions(9120, "/healthz, /readyz and /metrics"),
  ...metricsTlsOptions,
  ...pageOptions,
  ...logOptions,
} as const satisfies OptionSpecs;

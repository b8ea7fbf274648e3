import { classOptions } from "#src/process/option-groups.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { installationOptions, sourceOptions } from "#src/source/source-options.ts";
import { clusterOptions } from "./cluster-options.ts";

/** The options of commands that look once at a cluster or a folder. */
export const lookOptions = {
  manifests: sourceOptions.manifests,
  ...clusterOptions,
  ...installationOptions,
  ...classOptions("Show", "controller"),
} as const satisfies OptionSpecs;

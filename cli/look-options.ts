import { classOptions } from "#src/process/option-groups.ts";
import { installationOptions, sourceOptions } from "#src/source/source-options.ts";
import { clusterOptions } from "./cluster-options.ts";

/** The options of commands that look at a cluster or a folder; `does` is what a command does with Services. */
export function lookOptions(does: string) {
  return {
    manifests: sourceOptions.manifests,
    ...clusterOptions,
    ...installationOptions,
    ...classOptions(does, "controller"),
  };
}

import type { OptionSpecs } from "#src/process/option-spec.ts";

/** The options of commands that say which cluster is meant; without them it is kubectl's. */
export const clusterOptions = {
  kubeconfig: {
    kind: "string",
    placeholder: "FILE",
    help: "Reach the Kubernetes API as this file says (default: as kubectl does, by $KUBECONFIG or ~/.kube/config, otherwise as a pod)",
  },
  context: {
    kind: "string",
    placeholder: "NAME",
    help: "Context of the kubeconfig (default: its current-context)",
  },
} as const satisfies OptionSpecs;

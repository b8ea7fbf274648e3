import type { OptionSpecs } from "#src/process/option-spec.ts";

/** The options of commands that say which cluster is meant; without them it is kubectl's. */
export const clusterOptions = {
  kubeconfig: {
    kind: "string",
    placeholder: "FILE",
    help: "Reach the Kubernetes API as this file says; by default as kubectl does ($KUBECONFIG, ~/.kube/config), else as a pod",
  },
  context: {
    kind: "string",
    placeholder: "NAME",
    help: "The context of the kubeconfig; by default its current-context",
  },
} as const satisfies OptionSpecs;

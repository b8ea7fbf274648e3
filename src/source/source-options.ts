import type { OptionSpecs } from "#src/process/option-spec.ts";

/** The options that say which installation of Hawser is meant, in all programs and commands. */
export const installationOptions = {
  namespace: { kind: "string", default: "hawser-system", help: "Namespace of Hawser's ConfigMap and reports" },
  configMap: { kind: "string", default: "hawser", help: "Name of the ConfigMap with the pools" },
} as const satisfies OptionSpecs;

/** The options that say where objects come from, in all programs. */
export const sourceOptions = {
  manifests: {
    kind: "string",
    placeholder: "DIR",
    help: "Read objects from this folder of manifests instead of a cluster; statuses are in DIR/.hawser",
  },
  kubeconfig: {
    kind: "string",
    placeholder: "FILE",
    help: "Reach the Kubernetes API as this file says (default: as a pod does)",
  },
  namespace: installationOptions.namespace,
} as const satisfies OptionSpecs;

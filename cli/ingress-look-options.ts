import { ingressScopeOptions } from "#src/process/option-groups.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import { sourceOptions } from "#src/source/source-options.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { clusterOptions } from "./cluster-options.ts";

/** The options of commands that look at Ingresses as the ingress does. */
export const ingressLookOptions = {
  manifests: sourceOptions.manifests,
  ...clusterOptions,
  ...ingressScopeOptions(INGRESS_CONTROLLER),
  nginxConfigMap: {
    kind: "string",
    placeholder: "NAMESPACE/NAME",
    help: "The ConfigMap of ingress-nginx that the ingress reads by its --nginx-config-map",
  },
} as const satisfies OptionSpecs;

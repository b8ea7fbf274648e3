import { METALLB_NAMESPACE } from "#src/model/metallb-namespace.ts";
import type { ObjectRef } from "#src/model/object.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";

/** The options that say which installation of Hawser is meant, in all programs and commands. */
export const installationOptions = {
  namespace: { kind: "string", default: "hawser-system", help: "Namespace of Hawser's ConfigMap and reports" },
  configMap: {
    kind: "string",
    default: "hawser",
    placeholder: "NAME",
    help: "ConfigMap with the pools: NAME in --namespace, or NAMESPACE/NAME such as metallb-system/config",
  },
  metallbNamespace: {
    kind: "string",
    default: METALLB_NAMESPACE,
    help: "Namespace of MetalLB's custom resources, whose pools are used beside those of the ConfigMap",
  },
} as const satisfies OptionSpecs;

/** The ConfigMap that these options name. */
export function configMapRef({ namespace, configMap }: OptionValues<typeof installationOptions>): ObjectRef {
  const slash = configMap.indexOf("/");
  const [own, name] = slash < 0 ? [namespace, configMap] : [configMap.slice(0, slash), configMap.slice(slash + 1)];
  return { kind: "ConfigMap", namespace: own, name };
}

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

import { complain, descend } from "#src/model/field.ts";
import { keyOf, type KubeObject, rootField } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";

/**
 * What is wrong with a ConfigMap that is not the one that is read (`namespace/name`): pools in it are a slip in its name, or
 * MetalLB's own of before its custom resources. An error where nothing else configures Hawser.
 */
export function findUnreadPools(
  object: KubeObject,
  configMap: string,
  { isConfigured }: { readonly isConfigured: boolean },
): readonly Problem[] {
  const root = rootField(object);
  const { value } = descend(root, "data", "config");
  const key = keyOf(object.metadata);
  const differs = configMap.startsWith(`${object.metadata.namespace}/`) ? "name" : "namespace";
  if (typeof value === "string" && /^address-pools:/m.test(value))
    complain(descend(root, "metadata", differs), "CONFIG_MAP_NOT_READ", {
      what: "Ignored the pools in this ConfigMap",
      why: `the configuration is read from ConfigMap "${configMap}"`,
      fix: `Run controller, speakers and the commands that look at them with --config-map ${key}, or rename it to "${configMap}"`,
      severity: isConfigured ? "warning" : "error",
    });
  return root.problems;
}

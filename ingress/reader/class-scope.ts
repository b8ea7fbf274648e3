import type { OptionValues } from "#src/process/option-spec.ts";
import type { ClassScope } from "#src/routing/ingress/routing-snapshot.ts";
import type { ingressOptions } from "#ingress/ingress-options.ts";

/** Which Ingresses are ours, as the options say. */
export function classScope(options: OptionValues<typeof ingressOptions>): ClassScope {
  return {
    className: options.ingressClass,
    controller: options.controllerClass,
    namespace: options.watchNamespace,
    // In a folder no other controller serves.
    withoutClass: options.watchIngressWithoutClass || options.manifests !== undefined,
  };
}

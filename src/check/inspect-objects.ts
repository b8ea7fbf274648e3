import { fromCustomResources } from "#src/configuration/from-custom-resources.ts";
import { CONFIG_MAP_KEY } from "#src/model/config-map-key.ts";
import { EMPTY_CONFIGURATION, joinConfigurations } from "#src/model/configuration.ts";
import { configures, METALLB_KINDS } from "#src/model/kind.ts";
import { readNginxConfig } from "#src/model/ingress-nginx/nginx-config.ts";
import { METALLB_NAMESPACE } from "#src/model/metallb-namespace.ts";
import { keyOf, type KubeObject, rootField } from "#src/model/object.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import { attachAll } from "#src/routing/ingress/attach-all.ts";
import { defaultIngress } from "#src/routing/ingress/default-ingress.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import type { CheckedSet, Installation } from "./checked-set.ts";
import { noFoundObjects } from "./found-objects.ts";
import { inspectObject } from "./inspect-object.ts";

/** The installation that the programs are without options; a folder's Ingresses without a class are Hawser's. */
export const DEFAULT_INSTALLATION: Installation = {
  configMap: CONFIG_MAP_KEY,
  metallbNamespace: METALLB_NAMESPACE,
  loadBalancerClass: undefined,
  ingressClass: "hawser",
  controllerClass: INGRESS_CONTROLLER,
  compat: "hawser",
  takesIngressesWithoutClass: true,
  ignoresExcludeLabel: false,
};

/** An object with all that is wrong with it. */
export interface Inspected {
  readonly object: KubeObject;
  readonly problems: readonly Problem[];
}

/** The readable objects of a set, by kind, and what is wrong with each. */
export interface Inspection extends Omit<CheckedSet, "members" | "otherKinds"> {
  readonly inspected: readonly Inspected[];
  /** What is wrong between MetalLB's objects. */
  readonly between: readonly Problem[];
}

/**
 * Reads every object as the program does that it is for. A ConfigMap or Secret that is for something else is well, and
 * so is a Service or an Ingress that another controller serves. `isConfigured`: there is a configuration besides the objects.
 */
export function inspectObjects(
  objects: readonly KubeObject[],
  installation: Installation = DEFAULT_INSTALLATION,
  { isConfigured: isConfiguredElsewhere = false }: { readonly isConfigured?: boolean } = {},
): Inspection {
  const byName = new Map(objects.map((object) => [nameOf(object.kind, keyOf(object.metadata)), object]));
  const hasConfig = byName.has(nameOf("ConfigMap", installation.configMap));
  const isConfigured = isConfiguredElsewhere || hasConfig || objects.some((object) => isPoolOf(object, installation));
  const { nginxConfigMap } = installation;
  const nginxObject = nginxConfigMap === undefined ? undefined : byName.get(nameOf("ConfigMap", nginxConfigMap));
  // With which options the ingress runs is not known here.
  const nginxConfig = nginxObject && readNginxConfig(nginxObject, "unknown");
  const context = { installation, isConfigured, nginxConfig, found: noFoundObjects() };
  // Whose an Ingress is, its class says.
  const classes = objects.filter(({ kind }) => kind === "IngressClass");
  const problems = new Map<KubeObject, readonly Problem[]>();
  for (const object of new Set([...classes, ...objects])) problems.set(object, inspectObject(object, context));
  const { configs, resources, ...found } = context.found;
  const [ofMap] = configs;
  const usable = new Set(resources.IPAddressPool.map(({ key }) => key));
  const unusable = objects.filter((object) => isPoolOf(object, installation) && !usable.has(keyOf(object.metadata)));
  const compiled = fromCustomResources(
    resources,
    ofMap?.pools ?? [],
    unusable.map(({ metadata }) => metadata),
  );
  const { pools, unserved, advertisements } = joinConfigurations(ofMap ?? EMPTY_CONFIGURATION, compiled.configuration);
  const hasResources = METALLB_KINDS.some((kind) => configures(kind) && resources[kind].length > 0);
  // A ConfigMap that cannot be read holds pools that are unknown.
  const isKnown = hasConfig ? ofMap !== undefined : hasResources;
  const { defaultService } = installation;
  const byDefault = defaultService === undefined ? [] : [defaultIngress(defaultService)];
  const attached = attachAll([...found.ingresses, ...byDefault], found.policies);
  return {
    ...found,
    nginxConfig,
    ingresses: attached.map(({ ingress }) => ingress),
    attached,
    inspected: objects.map((object) => ({ object, problems: problems.get(object) ?? [] })),
    installation,
    between: compiled.problems,
    pools: isKnown ? pools : undefined,
    unserved,
    advertisements,
    keysOf: (kind) => objects.filter((object) => object.kind === kind).map(({ metadata }) => keyOf(metadata)),
    objectOf: (kind, key) => byName.get(nameOf(kind, key)),
    rootOf(kind, key, problems) {
      const object = byName.get(nameOf(kind, key));
      const root = { value: undefined, holder: objectAt(kind, key), path: "", problems };
      return object === undefined ? root : { ...rootField(object), problems };
    },
  };
}

function isPoolOf({ kind, metadata }: KubeObject, { metallbNamespace }: Installation): boolean {
  return kind === "IPAddressPool" && metadata.namespace === metallbNamespace;
}

function nameOf(kind: string, key: string): string {
  return `${kind} "${key}"`;
}

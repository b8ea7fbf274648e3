import { parseDeployment } from "#src/model/deployment.ts";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { complain, descend } from "#src/model/field.ts";
import {
  type Ingress,
  type IngressClass,
  ingressClassName,
  parseIngress,
  parseIngressClass,
} from "#src/model/ingress.ts";
import { parseNode } from "#src/model/node.ts";
import { keyOf, type KubeObject, rootField } from "#src/model/object.ts";
import { CONFIG_MAP_KEY } from "#src/model/config-map-key.ts";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import type { Configuration } from "#src/model/configuration.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { parseService } from "#src/model/service.ts";
import { parseTlsSecret, type TlsSecret } from "#src/model/tls-secret.ts";
import { INGRESS_CONTROLLER, isServed } from "#src/routing/routing-snapshot.ts";
import type { CheckedSet, Installation } from "./checked-set.ts";

/** The installation that the programs are without options; a folder's Ingresses without a class are Hawser's. */
export const DEFAULT_INSTALLATION: Installation = {
  configMap: CONFIG_MAP_KEY,
  loadBalancerClass: undefined,
  ingressClass: "hawser",
  controllerClass: INGRESS_CONTROLLER,
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
}

/**
 * Reads every object as the program does that it is for. A ConfigMap or Secret that is for something else is well, and
 * so is a Service or an Ingress that another controller serves.
 */
export function inspectObjects(
  objects: readonly KubeObject[],
  installation: Installation = DEFAULT_INSTALLATION,
): Inspection {
  const byName = new Map(objects.map((object) => [nameOf(object.kind, keyOf(object.metadata)), object]));
  const hasConfig = byName.has(nameOf("ConfigMap", installation.configMap));
  const found = {
    services: [] as CheckedSet["services"][number][],
    deployments: [] as CheckedSet["deployments"][number][],
    slices: [] as CheckedSet["slices"][number][],
    nodes: [] as CheckedSet["nodes"][number][],
    configs: [] as Configuration[],
    classes: [] as IngressClass[],
    ingresses: [] as Ingress[],
    secrets: new Map<string, TlsSecret | undefined>(),
  };
  const classesProblems = new Map(
    objects
      .filter(({ kind }) => kind === "IngressClass")
      .map((object) => [object, keep(parseIngressClass(object), found.classes)] as const),
  );
  const ingressClasses = new Map(found.classes.map((one) => [one.name, one]));
  const read = (object: KubeObject): readonly Problem[] => {
    switch (object.kind) {
      case "Service":
        return readService(object, installation, found.services);
      case "Ingress":
        return isOurs(object, ingressClasses, installation) ? keep(parseIngress(object), found.ingresses) : [];
      case "Deployment":
        return keep(parseDeployment(object), found.deployments);
      case "Secret":
        return readSecret(object, found.secrets);
      case "ConfigMap":
        return keyOf(object.metadata) === installation.configMap
          ? keep(fromConfigMap(object), found.configs)
          : readOtherConfigMap(object, installation, hasConfig ? "warning" : "error");
      case "IngressClass":
        return classesProblems.get(object) ?? [];
      case "EndpointSlice":
        return keep(parseEndpointSlice(object), found.slices);
      case "Node":
        return keep(parseNode(object), found.nodes);
      default:
        return [];
    }
  };
  const inspected = objects.map((object) => ({ object, problems: read(object) }));
  const { configs, classes: _classes, ...rest } = found;
  return {
    ...rest,
    inspected,
    installation,
    ingressClasses,
    pools: configs[0]?.pools,
    advertisements: configs[0]?.advertisements ?? [],
    keysOf: (kind) => objects.filter((object) => object.kind === kind).map(({ metadata }) => keyOf(metadata)),
    objectOf: (kind, key) => byName.get(nameOf(kind, key)),
    rootOf(kind, key, problems) {
      const object = byName.get(nameOf(kind, key));
      const root = { value: undefined, holder: objectAt(kind, key), path: "", problems };
      return object === undefined ? root : { ...rootField(object), problems };
    },
  };
}

function nameOf(kind: string, key: string): string {
  return `${kind} "${key}"`;
}

function keep<T>(parsed: Parsed<T>, into: T[]): readonly Problem[] {
  if (parsed.ok) into.push(parsed.value);
  return parsed.problems;
}

/** What a Service of another provider asks of that one is not judged. */
function readService(
  object: KubeObject,
  { loadBalancerClass }: Installation,
  into: CheckedSet["services"][number][],
): readonly Problem[] {
  const parsed = parseService(object);
  const problems = keep(parsed, into);
  if (!parsed.ok || parsed.value.loadBalancerClass === loadBalancerClass) return problems;
  const { requestProblems } = parsed.value;
  return problems.filter((problem) => !requestProblems.includes(problem));
}

function isOurs(
  object: KubeObject,
  classes: ReadonlyMap<string, IngressClass>,
  { ingressClass, controllerClass, takesIngressesWithoutClass }: Installation,
): boolean {
  const scope = { className: ingressClass, controller: controllerClass, withoutClass: takesIngressesWithoutClass };
  return isServed({ className: ingressClassName(object) }, classes, scope);
}

function readSecret(object: KubeObject, secrets: Map<string, TlsSecret | undefined>): readonly Problem[] {
  const parsed = parseTlsSecret(object);
  secrets.set(keyOf(object.metadata), parsed.ok ? parsed.value : undefined);
  return object["type"] === "kubernetes.io/tls" ? parsed.problems : [];
}

/** Pools in a ConfigMap that no program reads are a slip in its name; an error where no other has the right one. */
function readOtherConfigMap(
  object: KubeObject,
  { configMap }: Installation,
  severity: Problem["severity"],
): readonly Problem[] {
  const root = rootField(object);
  const { value } = descend(root, "data", "config");
  const key = keyOf(object.metadata);
  const { namespace } = object.metadata;
  const differs = configMap.startsWith(`${namespace}/`) ? "name" : "namespace";
  if (typeof value === "string" && /^address-pools:/m.test(value))
    complain(descend(root, "metadata", differs), "CONFIG_MAP_NOT_READ", {
      what: "Ignored the pools in this ConfigMap",
      why: `the configuration is read from ConfigMap "${configMap}"`,
      fix: `Run controller, speakers, check and status with --config-map ${key}, or rename it to "${configMap}"`,
      severity,
    });
  return root.problems;
}

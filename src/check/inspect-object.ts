import { METALLB_KINDS } from "#src/model/kind.ts";
import { RESOURCE_PARSERS, type ResourceKind } from "#src/configuration/custom-resources.ts";
import { notRead } from "#src/configuration/not-read.ts";
import { findUnreadPools } from "#src/configuration/find-unread-pools.ts";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import { parseDeployment } from "#src/model/deployment.ts";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { ingressClassName, parseIngress, parseIngressClass } from "#src/model/ingress.ts";
import type { Kind } from "#src/model/kind.ts";
import { parseNode } from "#src/model/node.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import { type NginxConfig, withNginxConfig } from "#src/model/ingress-nginx/nginx-config.ts";
import { notSharedProblem } from "#src/model/policies/not-shared-problem.ts";
import { parseHttpPolicy } from "#src/model/policies/http-policy.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService } from "#src/model/service.ts";
import { parseTlsSecret } from "#src/model/tls-secret.ts";
import { isServed } from "#src/routing/ingress/routing-snapshot.ts";
import type { Installation } from "./checked-set.ts";
import type { FoundObjects } from "./found-objects.ts";
import { isOfServiceClass } from "#src/model/service-class.ts";

/** What an object is inspected with. */
export interface InspectionContext {
  readonly installation: Installation;
  /** Whether the set has a configuration that the installation reads. */
  readonly isConfigured: boolean;
  /** What ingress-nginx's ConfigMap says of all Ingresses. */
  readonly nginxConfig: NginxConfig | undefined;
  /** Where what was read goes. IngressClasses are in it before anything else is inspected. */
  readonly found: FoundObjects;
}

/** Reads an object as the program does that it is for, and says what is wrong with it. */
type Inspector = (object: KubeObject, context: InspectionContext) => readonly Problem[];

/** The kinds that `hawser check` reads, each with what it does with an object. Objects of other kinds are well. */
const kindInspectors: Readonly<Partial<Record<Kind, Inspector>>> = {
  ConfigMap: inspectConfigMap,
  Service: inspectService,
  Ingress: inspectIngress,
  IngressClass: inspectIngressClass,
  Secret: inspectSecret,
  EndpointSlice: (object, { found }) => keep(parseEndpointSlice(object), found.slices),
  Node: (object, { found }) => keep(parseNode(object), found.nodes),
  Deployment: (object, { found }) => keep(parseDeployment(object), found.deployments),
  HTTPPolicy: inspectPolicy,
  ...Object.fromEntries(METALLB_KINDS.map((kind) => [kind, inspectResource])),
};

/** What the inspector of an object's kind says. */
export function inspectObject(object: KubeObject, context: InspectionContext): readonly Problem[] {
  return kindInspectors[object.kind]?.(object, context) ?? [];
}

/** The kinds that are checked, in the order in which a cluster is asked for them. */
export const checkedKinds = Object.keys(kindInspectors) as readonly Kind[];

function keep<T>(parsed: Parsed<T>, into: T[]): readonly Problem[] {
  if (parsed.ok) into.push(parsed.value);
  return parsed.problems;
}

function inspectConfigMap(
  object: KubeObject,
  { installation, isConfigured, nginxConfig, found }: InspectionContext,
): readonly Problem[] {
  if (keyOf(object.metadata) === installation.nginxConfigMap) return nginxConfig?.problems ?? [];
  if (keyOf(object.metadata) === installation.configMap) return keep(fromConfigMap(object), found.configs);
  return findUnreadPools(object, installation.configMap, { isConfigured });
}

/** What a Service of another provider asks of that one is not judged. */
function inspectService(object: KubeObject, { installation, found }: InspectionContext): readonly Problem[] {
  const parsed = parseService(object);
  const problems = keep(parsed, found.services);
  if (!parsed.ok || isOfServiceClass(parsed.value.loadBalancerClass, installation)) return problems;
  const { requestProblems } = parsed.value;
  return problems.filter((problem) => !requestProblems.includes(problem));
}

/** An Ingress that another controller serves is well. */
function inspectIngress(
  object: KubeObject,
  { installation, nginxConfig, found }: InspectionContext,
): readonly Problem[] {
  const { ingressClass, controllerClass, takesIngressesWithoutClass } = installation;
  const scope = { className: ingressClass, controller: controllerClass, withoutClass: takesIngressesWithoutClass };
  const isOurs = isServed({ className: ingressClassName(object) }, found.ingressClasses, scope);
  if (!isOurs) return [];
  const configured = nginxConfig === undefined ? object : withNginxConfig(object, nginxConfig);
  return keep(parseIngress(configured, { passesTls: installation.passesTls }), found.ingresses);
}

function inspectPolicy(object: KubeObject, { installation, found }: InspectionContext): readonly Problem[] {
  const parsed = parseHttpPolicy(object);
  const problems = keep(parsed, found.policies);
  const notShared = parsed.ok && installation.countsTogether === false ? notSharedProblem(parsed.value) : undefined;
  return notShared === undefined ? problems : [...problems, notShared];
}

/** One of MetalLB's objects. MetalLB reads none outside its namespace, and neither does Hawser. */
function inspectResource(object: KubeObject, { installation, found }: InspectionContext): readonly Problem[] {
  const { metallbNamespace } = installation;
  const kind = object.kind as ResourceKind;
  if (object.metadata.namespace === metallbNamespace)
    return keep(RESOURCE_PARSERS[kind](object) as Parsed<unknown>, found.resources[kind] as unknown[]);
  return notRead(object, metallbNamespace);
}

function inspectIngressClass(object: KubeObject, { found }: InspectionContext): readonly Problem[] {
  const parsed = parseIngressClass(object);
  if (parsed.ok) found.ingressClasses.set(parsed.value.name, parsed.value);
  return parsed.problems;
}

function inspectSecret(object: KubeObject, { found }: InspectionContext): readonly Problem[] {
  const parsed = parseTlsSecret(object);
  found.secrets.set(keyOf(object.metadata), parsed.ok ? parsed.value : undefined);
  return object["type"] === "kubernetes.io/tls" ? parsed.problems : [];
}

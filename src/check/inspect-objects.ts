import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { child, complain, descend } from "#src/model/field.ts";
import { type Ingress, parseIngress, parseIngressClass } from "#src/model/ingress.ts";
import { type Node, parseNode } from "#src/model/node.ts";
import { keyOf, type KubeObject, rootField } from "#src/model/object.ts";
import type { Pool } from "#src/model/pool.ts";
import { CONFIG_MAP_KEY, type PoolConfig, parsePoolConfig } from "#src/model/pool-config.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseTlsSecret, type TlsSecret } from "#src/model/tls-secret.ts";
import { parseService, type Service } from "#src/model/service.ts";
import { type Deployment, parseDeployment } from "#src/model/deployment.ts";

/** An object with all that is wrong with it. */
interface Inspected {
  readonly object: KubeObject;
  readonly problems: readonly Problem[];
}

/** The readable objects of a set, by kind, and what is wrong with each. */
export interface Inspection {
  readonly inspected: readonly Inspected[];
  readonly services: readonly Service[];
  readonly ingresses: readonly Ingress[];
  /** By `namespace/name`: all Secrets, readable or not. */
  readonly secrets: ReadonlyMap<string, TlsSecret | undefined>;
  readonly deployments: readonly Deployment[];
  readonly pools: readonly Pool[];
  readonly nodes: readonly Node[];
}

/** Reads every object as the program does that it is for. A ConfigMap or Secret that is for something else is well. */
export function inspectObjects(objects: readonly KubeObject[]): Inspection {
  const services: Service[] = [];
  const ingresses: Ingress[] = [];
  const deployments: Deployment[] = [];
  const nodes: Node[] = [];
  const configs: PoolConfig[] = [];
  const secrets = new Map<string, TlsSecret | undefined>();
  const keep = <T>(parsed: Parsed<T>, into: T[]) => {
    if (parsed.ok) into.push(parsed.value);
    return parsed.problems;
  };
  const hasConfig = objects.some(({ kind, metadata }) => kind === "ConfigMap" && keyOf(metadata) === CONFIG_MAP_KEY);
  const read = (object: KubeObject): readonly Problem[] => {
    switch (object.kind) {
      case "Service":
        return keep(parseService(object), services);
      case "Ingress":
        return keep(parseIngress(object), ingresses);
      case "Deployment":
        return keep(parseDeployment(object), deployments);
      case "Secret":
        return readSecret(object, secrets);
      case "ConfigMap":
        return keyOf(object.metadata) === CONFIG_MAP_KEY
          ? keep(parsePoolConfig(object), configs)
          : readOtherConfigMap(object, hasConfig ? "warning" : "error");
      case "IngressClass":
        return parseIngressClass(object).problems;
      case "EndpointSlice":
        return parseEndpointSlice(object).problems;
      case "Node":
        return keep(parseNode(object), nodes);
      default:
        return [];
    }
  };
  const inspected = objects.map((object) => ({ object, problems: read(object) }));
  const pools = configs.flatMap((config) => config.pools);
  return { inspected, services, ingresses, secrets, deployments, pools, nodes };
}

function readSecret(object: KubeObject, secrets: Map<string, TlsSecret | undefined>): readonly Problem[] {
  const parsed = parseTlsSecret(object);
  secrets.set(keyOf(object.metadata), parsed.ok ? parsed.value : undefined);
  return object["type"] === "kubernetes.io/tls" ? parsed.problems : [];
}

/** Pools in a ConfigMap that nobody reads are a slip in its name; an error where no other has the right one. */
function readOtherConfigMap(object: KubeObject, severity: Problem["severity"]): readonly Problem[] {
  const root = rootField(object);
  const { value } = descend(root, "data", "config");
  if (typeof value === "string" && /^address-pools:/m.test(value))
    complain(child(root, "metadata"), "CONFIG_MAP_NOT_READ", {
      what: "Passes over the pools in it",
      why: `the configuration is read from ConfigMap "${CONFIG_MAP_KEY}"`,
      fix: "Give it that namespace and name",
      severity,
    });
  return root.problems;
}

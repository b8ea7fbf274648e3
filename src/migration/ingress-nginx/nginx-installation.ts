import { plainText } from "#src/model/ingress-nginx/judge.ts";
import { isDnsSubdomain } from "#src/model/name.ts";
import { type Fields, recordOf, textOf, textsOf } from "#src/model/record.ts";
import { containersOf, isOfHelm, podSpecOf, type RawObject, rawLabelsOf } from "#src/migration/raw-object.ts";
import { readFlags } from "#src/migration/read-flags.ts";

/** How clients reach an ingress: the pods are on ports of the nodes, or behind a Service of a type. */
export type Exposure = "host-network" | "node-port" | "load-balancer";

/** An installation of ingress-nginx, as far as its objects or the values of its chart show it. */
export interface NginxInstallation {
  readonly namespace: string;
  readonly kind: "Deployment" | "DaemonSet";
  /** Of its Deployment or DaemonSet. */
  readonly name: string;
  /** The place of its container among those of its pods. */
  readonly container: number;
  /** Its Deployment or DaemonSet, or the values of its chart, were seen: `flags` are all that it has. */
  readonly isSeen: boolean;
  /** Its ConfigMap, or the values of its chart, were seen. */
  readonly hasConfig: boolean;
  /** Without dashes. */
  readonly flags: ReadonlyMap<string, string>;
  /** The keys of its ConfigMap. */
  readonly config: ReadonlyMap<string, string>;
  readonly exposure: Exposure;
  /** Helm installed it. */
  readonly isHelm: boolean;
}

const CLASS_OF_NGINX = "k8s.io/ingress-nginx";
const DEFAULT_NAME = "ingress-nginx-controller";
const CONFIG_MAP_NAMES = [DEFAULT_NAME, "nginx-configuration", "nginx-load-balancer-microk8s-conf"];
/** The image of the project, those of distributions, and that of Bitnami. Not the product of F5. */
const IMAGE = /(?:ingress-nginx\/controller|nginx-ingress-controller[\w.-]*)(?:[:@]|$)/;

/** What is known where nothing of the installation is seen: its manifests' names. */
export const UNSEEN: NginxInstallation = {
  namespace: "ingress-nginx",
  kind: "Deployment",
  name: DEFAULT_NAME,
  container: 0,
  isSeen: false,
  hasConfig: false,
  flags: new Map(),
  config: new Map(),
  exposure: "load-balancer",
  isHelm: false,
};

/** Finds what belongs to ingress-nginx; of several installations the first. */
export function findNginx(objects: readonly RawObject[]): NginxInstallation {
  const program = objects.find((one) => isProgram(one));
  const read = program === undefined ? UNSEEN : readProgram(program, objects);
  const configMap = findConfigMap(objects, read, read.flags.get("configmap"));
  if (configMap === undefined) return read;
  const namespace = program === undefined ? namespaceOf(configMap) : read.namespace;
  return { ...read, namespace, hasConfig: true, config: textMap(configMap.fields["data"]) };
}

function isProgram(object: RawObject): boolean {
  if (object.kind !== "Deployment" && object.kind !== "DaemonSet") return false;
  return containersOf(object).some(isController);
}

function isController({ image }: Fields): boolean {
  return IMAGE.test(textOf(image));
}

function readProgram(object: RawObject, objects: readonly RawObject[]): NginxInstallation {
  const namespace = namespaceOf(object);
  const containers = containersOf(object);
  const container = containers.findIndex(isController);
  const { command, args } = containers[container] ?? {};
  const words = [...textsOf(command), ...textsOf(args)].map((word) => word.replaceAll("$(POD_NAMESPACE)", namespace));
  return {
    namespace,
    kind: object.kind === "DaemonSet" ? "DaemonSet" : "Deployment",
    name: object.name,
    container,
    isSeen: true,
    hasConfig: false,
    flags: readFlags(words),
    config: new Map(),
    exposure: podSpecOf(object.fields)["hostNetwork"] === true ? "host-network" : exposureOf(objects, namespace),
    isHelm: isOfHelm(object),
  };
}

function exposureOf(objects: readonly RawObject[], namespace: string): Exposure {
  const types = objects
    .filter((one) => one.kind === "Service" && namespaceOf(one) === namespace)
    .map(({ fields }) => recordOf(fields["spec"])["type"]);
  return types.includes("NodePort") && !types.includes("LoadBalancer") ? "node-port" : "load-balancer";
}

/** The ConfigMap that the flag names, else the one that is labelled or named as the chart and the manifests have it. */
function findConfigMap(
  objects: readonly RawObject[],
  { namespace, isSeen }: NginxInstallation,
  named: string | undefined,
): RawObject | undefined {
  const maps = objects.filter((one) => one.kind === "ConfigMap");
  if (named !== undefined) return maps.find((one) => `${namespaceOf(one)}/${one.name}` === named);
  const near = isSeen ? maps.filter((one) => namespaceOf(one) === namespace) : maps;
  return near.find(({ name }) => CONFIG_MAP_NAMES.includes(name)) ?? near.find(isLabelled);
}

function isLabelled(object: RawObject): boolean {
  const labels = rawLabelsOf(object);
  return labels["app.kubernetes.io/name"] === "ingress-nginx" && labels["app.kubernetes.io/component"] === "controller";
}

function namespaceOf({ namespace }: RawObject): string {
  return namespace === "" ? "default" : namespace;
}

/** The texts of a map; numbers and switches as they print. */
export function textMap(value: unknown): ReadonlyMap<string, string> {
  const entries = Object.entries(recordOf(value)).flatMap(([key, one]): [string, string][] =>
    ["string", "number", "boolean"].includes(typeof one) ? [[key, String(one)]] : [],
  );
  return new Map(entries);
}

/** Which Ingresses it serves, by its flags. */
export function classScopeOf({ flags }: NginxInstallation) {
  return {
    ingressClass: nameIn(flags.get("ingress-class")) ?? "nginx",
    controllerClass: plainText(flags.get("controller-class") ?? "") ?? CLASS_OF_NGINX,
  };
}

function nameIn(text: string | undefined): string | undefined {
  return text !== undefined && isDnsSubdomain(text) ? text : undefined;
}

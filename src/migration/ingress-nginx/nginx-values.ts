import { type Fields, isRecord, recordOf } from "#src/model/record.ts";
import { type NginxInstallation, textMap, UNSEEN } from "./nginx-installation.ts";

/** Where the values of the chart are in those of a chart that has it as a part. */
const PART_NAMES = ["ingress-nginx", "nginx-ingress", "nginx-ingress-controller"];

/** The values of ingress-nginx's chart in the documents of a text that holds nothing else; undefined where it is a manifest, or something else. */
export function readNginxValues(documents: readonly unknown[]): Fields | undefined {
  const [values, ...more] = documents.filter((document) => document !== null);
  if (more.length > 0 || !isRecord(values) || "kind" in values || "apiVersion" in values) return undefined;
  const parts = [values, ...PART_NAMES.map((name) => recordOf(values[name]))];
  return parts.find((part) => isRecord(part["controller"]));
}

/** Values of `controller` that the chart makes flags of. A switch has the flag where it is on. */
const FLAGS: Readonly<Record<string, string>> = {
  enableAnnotationValidations: "enable-annotation-validation",
  enableTopologyAwareRouting: "enable-topology-aware-routing",
  reportNodeInternalIp: "report-node-internal-ip-address",
  watchIngressWithoutClass: "watch-ingress-without-class",
  ingressClassByName: "ingress-class-by-name",
  disableLeaderElection: "disable-leader-election",
  electionID: "election-id",
  ingressClass: "ingress-class",
};

/** The installation that values of the chart describe. */
export function nginxOfValues(values: Fields): NginxInstallation {
  const controller = recordOf(values["controller"]);
  const service = recordOf(controller["service"]);
  const isHost = controller["hostNetwork"] === true;
  return {
    ...UNSEEN,
    kind: controller["kind"] === "DaemonSet" ? "DaemonSet" : "Deployment",
    isSeen: true,
    hasConfig: true,
    flags: flagsOf(values, controller),
    config: configOf(controller),
    exposure: isHost ? "host-network" : service["type"] === "NodePort" ? "node-port" : "load-balancer",
    isHelm: true,
  };
}

function flagsOf(values: Fields, controller: Fields): ReadonlyMap<string, string> {
  const { name, controllerValue } = recordOf(controller["ingressClassResource"]);
  const scope = recordOf(controller["scope"]);
  const found: Record<string, unknown> = {};
  for (const [value, flag] of Object.entries(FLAGS)) if (isGiven(controller[value])) found[flag] = controller[value];
  if (isGiven(name)) found["ingress-class"] = name;
  if (isGiven(controllerValue)) found["controller-class"] = controllerValue;
  if (scope["enabled"] === true) {
    if (isGiven(scope["namespaceSelector"])) found["watch-namespace-selector"] = scope["namespaceSelector"];
    else found["watch-namespace"] = isGiven(scope["namespace"]) ? scope["namespace"] : "(that of the release)";
  }
  for (const kind of ["tcp", "udp"] as const) {
    const ports = Object.keys(recordOf(values[kind]));
    if (ports.length > 0) found[`${kind}-services-configmap`] = `ports ${ports.join(", ")}`;
  }
  if (recordOf(values["defaultBackend"])["enabled"] === true) found["default-backend-service"] = "(that of the chart)";
  if (recordOf(controller["admissionWebhooks"])["enabled"] === true) found["validating-webhook"] = "true";
  if (recordOf(controller["metrics"])["enabled"] === true) found["enable-metrics"] = "true";
  return new Map([...textMap(found), ...textMap(controller["extraArgs"])]);
}

/** With the keys that the chart writes for other values. */
function configOf(controller: Fields): ReadonlyMap<string, string> {
  const { allowSnippetAnnotations: snippets, addHeaders, proxySetHeaders } = controller;
  const more: Record<string, string> = {};
  if (isGiven(snippets)) more["allow-snippet-annotations"] = String(snippets);
  if (textMap(addHeaders).size > 0) more["add-headers"] = "(the fields in controller.addHeaders)";
  if (textMap(proxySetHeaders).size > 0) more["proxy-set-headers"] = "(the fields in controller.proxySetHeaders)";
  return new Map([...textMap(more), ...textMap(controller["config"])]);
}

function isGiven(value: unknown): value is string | number | boolean {
  return (typeof value === "string" && value !== "") || typeof value === "number" || value === true;
}

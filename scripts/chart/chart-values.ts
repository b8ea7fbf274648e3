import { sourceValue } from "./source-objects.ts";

/** A value of the chart that a person may set. */
export interface ChartValue {
  /** As in `--set`: `controller.replicas`. */
  readonly path: string;
  readonly default: unknown;
  /** JSON schema (draft 7) of the value. */
  readonly schema: object;
  /** What it does, a sentence or two. */
  readonly help: string;
}

const text = { type: "string" } as const;
const bool = { type: "boolean" } as const;
const texts = { type: "object", additionalProperties: { type: "string" } } as const;
const anything = { type: "object" } as const;
const objects = { type: "array", items: { type: "object" } } as const;
const port = { type: "integer", minimum: 1, maximum: 65_535 } as const;
const count = { type: "integer", minimum: 0 } as const;

const POD = "spec.template.spec";

interface Source {
  readonly program: string;
  readonly path: string;
  readonly object: string;
  readonly pods: string;
}

const CONTROLLER: Source = {
  program: "controller",
  path: "base/controller.yaml",
  object: "Deployment hawser-controller",
  pods: "the controller's pods",
};
const SPEAKER: Source = {
  program: "speaker",
  path: "base/speaker.yaml",
  object: "DaemonSet hawser-speaker",
  pods: "the speakers' pods",
};
const INGRESS: Source = {
  program: "ingress",
  path: "ingress-deployment/ingress.yaml",
  object: "Deployment hawser-ingress",
  pods: "the ingress' pods",
};
function of({ path, object }: Pick<Source, "path" | "object">, place: string): unknown {
  return sourceValue(path, object, place);
}

/** What can be said of every program. */
function programValues(source: Source): readonly ChartValue[] {
  const { program, pods } = source;
  const one = (name: string, is: Omit<ChartValue, "path">): ChartValue => ({ path: `${program}.${name}`, ...is });
  return [
    one("resources", {
      default: of(source, `${POD}.containers.0.resources`),
      schema: anything,
      help: `Requests and limits of ${pods}; docs/sizing.md says what to give large clusters.`,
    }),
    one("priorityClassName", {
      default: of(source, `${POD}.priorityClassName`),
      schema: text,
      help: `Priority class of ${pods}.`,
    }),
    one("nodeSelector", {
      default: of(source, `${POD}.nodeSelector`),
      schema: texts,
      help: `Labels of the nodes on which ${pods} run.`,
    }),
    one("affinity", { default: {}, schema: anything, help: `Affinity of ${pods}.` }),
    one("podLabels", { default: {}, schema: texts, help: `Labels for ${pods}, besides those of the chart.` }),
    one("podAnnotations", { default: {}, schema: texts, help: `Annotations for ${pods}.` }),
    one("extraArgs", {
      default: [],
      schema: { type: "array", items: { type: "string" } },
      help: `Further options of the program, such as "--log-level=debug"; "hawser ${program} --help" lists them.`,
    }),
    one("extraEnv", {
      default: [],
      schema: objects,
      help: "Further variables. Every option is one too: HAWSER_LOG_LEVEL is --log-level.",
    }),
  ];
}

function tolerations({ program, pods, ...source }: Source, fallback?: unknown): ChartValue {
  return {
    path: `${program}.tolerations`,
    default: fallback ?? of(source, `${POD}.tolerations`),
    schema: objects,
    help: `Tolerations of ${pods}.`,
  };
}

function replicas({ program, pods, ...source }: Source): ChartValue {
  const help = `How many of ${pods} run.`;
  return { path: `${program}.replicas`, default: of(source, "spec.replicas"), schema: count, help };
}

function spread({ program, pods, ...source }: Source): ChartValue {
  return {
    path: `${program}.topologySpreadConstraints`,
    default: of(source, `${POD}.topologySpreadConstraints`),
    schema: objects,
    help: `How ${pods} are spread over nodes.`,
  };
}

/** What the DaemonSet of the ingress asks of nodes, and the Deployment does not. */
const INGRESS_NODES = { "hawser.dev/ingress": "true" };

/** All values of the chart, in the order of values.yaml. */
export const CHART_VALUES: readonly ChartValue[] = [
  {
    path: "image.repository",
    default: "localhost/hawser",
    schema: { type: "string", minLength: 1 },
    help: "Name of the image. Where you have a registry, push it there and name it here.",
  },
  {
    path: "image.tag",
    default: "",
    schema: text,
    help: "Tag of the image; empty is the version of the chart. npm run image writes a tag that changes with the content into install/values.yaml.",
  },
  {
    path: "image.digest",
    default: "",
    schema: { type: "string", pattern: "^(sha256:[0-9a-f]{64})?$" },
    help: "Digest of the image (sha256:...), which takes the place of the tag.",
  },
  {
    path: "image.pullPolicy",
    default: of(CONTROLLER, `${POD}.containers.0.imagePullPolicy`),
    schema: { enum: ["Always", "IfNotPresent", "Never"] },
    help: "When a node pulls the image.",
  },
  { path: "imagePullSecrets", default: [], schema: objects, help: "Secrets for the registry of the image." },
  {
    path: "expose",
    default: "deployment-loadbalancer",
    schema: { enum: ["deployment-loadbalancer", "daemonset-hostnetwork", "deployment-nodeport", "none"] },
    help: "How clients reach the ingress: behind a Service of type LoadBalancer, on ports 80 and 443 of the nodes with the label hawser.dev/ingress=true, or at node ports. With none there is no ingress.",
  },
  {
    path: "pools",
    default: [],
    schema: {
      type: "array",
      items: {
        type: "object",
        required: ["name"],
        properties: { name: { type: "string", minLength: 1 }, addresses: { type: "array", items: { type: "string" } } },
      },
    },
    help: "Address pools, as docs/pools.md has them under address-pools. Empty: the chart writes no ConfigMap, and the pools are yours to write.",
  },
  {
    path: "loadBalancerClass",
    default: "",
    schema: text,
    help: "Serve only Services of this class; the Service of the ingress gets it, too. Empty: those without a class. It cannot be changed on a Service that exists.",
  },
  {
    path: "heartbeat.existingSecret",
    default: "",
    schema: text,
    help: "A Secret of yours with the heartbeat keys, one per line, under the key `key`. Empty: the controller creates hawser-heartbeat with a random key. Helm does not own that Secret, so it stays the same in upgrades.",
  },
  {
    path: "ingressClass.enabled",
    default: true,
    schema: bool,
    help: "Create the IngressClass of the ingress.",
  },
  { path: "ingressClass.name", default: "hawser", schema: { type: "string", minLength: 1 }, help: "Its name." },
  {
    path: "ingressClass.isDefault",
    default: false,
    schema: bool,
    help: "Serve Ingresses without a class, too.",
  },
  {
    path: "crds.enabled",
    default: true,
    schema: bool,
    help: "Install the kind HTTPPolicy, and upgrade it with the chart.",
  },
  {
    path: "crds.keep",
    default: true,
    schema: bool,
    help: "Leave the kind, and with it all HTTPPolicies, in the cluster when the chart is uninstalled.",
  },
  {
    path: "networkPolicies.enabled",
    default: true,
    schema: bool,
    help: "Create NetworkPolicies for the pods in the network of pods.",
  },
  {
    path: "networkPolicies.apiServerPorts",
    default: (
      sourceValue("base/controller.yaml", "NetworkPolicy hawser-controller", "spec.egress.0.ports") as {
        port: number;
      }[]
    ).map((one) => one.port),
    schema: { type: "array", items: port },
    help: "Ports at which the API server may be; the defaults are those of common distributions.",
  },
  {
    path: "metrics.open",
    default: false,
    schema: bool,
    help: "Open the metrics of programs in the nodes' network, such as the speakers, to that network. Otherwise they are on the node's loopback.",
  },
  {
    path: "metrics.namespaceLabels",
    default: { "hawser.dev/metrics": "true" },
    schema: { ...texts, minProperties: 1 },
    help: "Namespaces with these labels may read metrics in the network of pods.",
  },
  {
    path: "metrics.tls.enabled",
    default: false,
    schema: bool,
    help: "Serve metrics over TLS alone, to clients that the API server lets read them (docs/monitoring.md).",
  },
  {
    path: "metrics.tls.secretName",
    default: "hawser-metrics-tls",
    schema: { type: "string", minLength: 1 },
    help: "Your Secret with tls.crt, tls.key and ca.crt for the name hawser-metrics.",
  },
  {
    path: "monitoring.labels",
    default: {},
    schema: texts,
    help: "Labels for monitors and the PrometheusRule, such as release: kube-prometheus-stack.",
  },
  {
    path: "monitoring.podMonitors.enabled",
    default: false,
    schema: bool,
    help: "Create a PodMonitor for each program. Needs the Prometheus operator.",
  },
  {
    path: "monitoring.podMonitors.interval",
    default: "",
    schema: text,
    help: "How often Prometheus reads; empty is its own interval.",
  },
  {
    path: "monitoring.serviceMonitors.enabled",
    default: false,
    schema: bool,
    help: "Create a Service and a ServiceMonitor for each program, in place of PodMonitors: with both, Prometheus reads each program twice.",
  },
  {
    path: "monitoring.serviceMonitors.interval",
    default: "",
    schema: text,
    help: "How often Prometheus reads; empty is its own interval.",
  },
  {
    path: "monitoring.prometheusRule.enabled",
    default: false,
    schema: bool,
    help: "Create the alerts as a PrometheusRule. Needs the Prometheus operator.",
  },
  {
    path: "monitoring.prometheusRule.runbooks",
    default: "docs/runbooks/",
    schema: text,
    help: "What is before NAME.md in the links of alerts to their runbooks.",
  },
  {
    path: "monitoring.dashboards.enabled",
    default: false,
    schema: bool,
    help: "Create the Grafana boards as a ConfigMap, for the sidecar of Grafana.",
  },
  {
    path: "monitoring.dashboards.namespace",
    default: "",
    schema: text,
    help: "Namespace of that ConfigMap; empty is the namespace of the release.",
  },
  {
    path: "monitoring.dashboards.labels",
    default: { grafana_dashboard: "1" },
    schema: texts,
    help: "Labels by which the sidecar finds it.",
  },
  replicas(CONTROLLER),
  tolerations(CONTROLLER),
  spread(CONTROLLER),
  ...programValues(CONTROLLER),
  {
    path: "controller.ui.enabled",
    default: false,
    schema: bool,
    help: "Serve the page of hawser ui in the controller, to people with a token of the cluster to whom the ClusterRole hawser-ui-viewer is bound (docs/page.md). kubectl port-forward reaches it.",
  },
  {
    path: "controller.ui.tls.secretName",
    default: "",
    schema: text,
    help: "Your Secret with tls.crt and tls.key. With it the page is in the network of pods too, over TLS, behind the Service hawser-ui.",
  },
  {
    path: "controller.ui.hosts",
    default: [],
    schema: { type: "array", items: { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9.-]*$" } },
    help: "Names by which browsers reach the page, besides those of that Service and of a port-forward, such as hawser.example.",
  },
  {
    path: "controller.ui.namespaceLabels",
    default: { "hawser.dev/ui": "true" },
    schema: { ...texts, minProperties: 1 },
    help: "Namespaces with these labels may reach the Service of the page, such as that of the ingress in front of it.",
  },
  {
    path: "speaker.maxUnavailable",
    default: of(SPEAKER, "spec.updateStrategy.rollingUpdate.maxUnavailable"),
    schema: { type: ["integer", "string"] },
    help: "How many speakers are replaced at once. Each hands its addresses over before it ends.",
  },
  tolerations(SPEAKER),
  ...programValues(SPEAKER),
  replicas(INGRESS),
  tolerations(INGRESS, []),
  spread(INGRESS),
  ...programValues(INGRESS),
  {
    path: "ingress.secretNamespaces",
    default: [],
    schema: { type: "array", items: { type: "string", minLength: 1 } },
    help: "Namespaces whose Secrets the ingress may read. Empty: those of all namespaces. It asks for single ones by name in either case.",
  },
  {
    path: "ingress.daemonSetNodeSelector",
    default: INGRESS_NODES,
    schema: texts,
    help: "Labels of the nodes on which the ingress runs with expose: daemonset-hostnetwork, besides ingress.nodeSelector.",
  },
  {
    path: "ingress.service.annotations",
    default: {},
    schema: texts,
    help: "Annotations of the Service of the ingress, such as hawser.dev/address-pool.",
  },
  {
    path: "ingress.service.externalTrafficPolicy",
    default: "",
    schema: { enum: ["", "Cluster", "Local"] },
    help: "Local keeps the addresses of clients, and sends requests to nodes with an ingress alone. Empty is Kubernetes' default.",
  },
  {
    path: "ingress.service.ipFamilyPolicy",
    default: sourceValue(
      "expose/deployment-loadbalancer/service.yaml",
      "Service hawser-ingress",
      "spec.ipFamilyPolicy",
    ),
    schema: { enum: ["SingleStack", "PreferDualStack", "RequireDualStack"] },
    help: "Address families of the Service.",
  },
  {
    path: "ingress.service.nodePorts.http",
    default: sourceValue("expose/deployment-nodeport/service.yaml", "Service hawser-ingress", "spec.ports.0.nodePort"),
    schema: port,
    help: "Node port of HTTP, with expose: deployment-nodeport.",
  },
  {
    path: "ingress.service.nodePorts.https",
    default: sourceValue("expose/deployment-nodeport/service.yaml", "Service hawser-ingress", "spec.ports.1.nodePort"),
    schema: port,
    help: "Node port of HTTPS, with expose: deployment-nodeport.",
  },
];

import { parse, stringify } from "yaml";
import { patchesOf } from "./source-objects.ts";
import type { Hole, Template } from "./render-template.ts";
import { type Workload, workloadHoles } from "./workload-holes.ts";

const TLS = ".Values.metrics.tls.enabled";
const INGRESS = 'include "hawser.hasIngress" .';
const SECRET_NAMESPACES = ".Values.ingress.secretNamespaces";
const POLICIES = ".Values.networkPolicies.enabled";
const UI = ".Values.controller.ui";
const CONTAINER = "spec.template.spec.containers.0";

const CONTROLLER: Workload = {
  kind: "Deployment",
  program: "controller",
  isOnNodes: false,
  has: ["env", "topologySpreadConstraints"],
};
const SPEAKER: Workload = {
  kind: "DaemonSet",
  program: "speaker",
  isOnNodes: true,
  has: ["env", "volumeMounts", "volumes"],
};
const INGRESS_PODS: Workload = {
  kind: "Deployment",
  program: "ingress",
  isOnNodes: false,
  has: ["topologySpreadConstraints"],
};
const INGRESS_NODES: Workload = { kind: "DaemonSet", program: "ingress", isOnNodes: true, has: ["env"] };

const CLASS: Hole = {
  at: `${CONTAINER}.args`,
  put: "item",
  text: '{{- with .Values.loadBalancerClass }}\n- {{ printf "--load-balancer-class=%s" . | quote }}\n{{- end }}',
};

/** Namespaces that may read metrics, at the rule of a NetworkPolicy. */
function metricsFrom(rule: number): Hole {
  return namespacesFrom(rule, ".Values.metrics.namespaceLabels");
}

/** Namespaces with the labels of a value, at the rule of a NetworkPolicy. */
function namespacesFrom(rule: number, labels: string): Hole {
  return { at: `spec.ingress.${rule}.from.0.namespaceSelector.matchLabels`, put: "yaml", text: labels };
}

const SERVICE_HOLES: readonly Hole[] = [
  {
    at: "metadata",
    put: "entry",
    text: "{{- with .Values.ingress.service.annotations }}\nannotations:\n  {{- toYaml . | nindent 4 }}\n{{- end }}",
  },
  { at: "spec.ipFamilyPolicy", put: "value", text: ".Values.ingress.service.ipFamilyPolicy" },
  {
    at: "spec",
    put: "entry",
    text: "{{- with .Values.ingress.service.externalTrafficPolicy }}\nexternalTrafficPolicy: {{ . }}\n{{- end }}",
  },
];

interface JsonPatch {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

interface MonitorKind {
  readonly kind: "PodMonitor" | "ServiceMonitor";
  /** The list of what is read. */
  readonly endpoints: string;
  /** Its values. */
  readonly values: string;
}

const POD_MONITOR: MonitorKind = { kind: "PodMonitor", endpoints: "podMetricsEndpoints", values: "podMonitors" };
const SERVICE_MONITOR: MonitorKind = { kind: "ServiceMonitor", endpoints: "endpoints", values: "serviceMonitors" };

/** What a monitor is with metrics over TLS, as config/secure-metrics has it. */
function monitorHoles({ kind, endpoints, values }: MonitorKind): readonly Hole[] {
  const patch = patchesOf("secure-metrics").find(({ target }) => target.kind === kind)?.patch ?? "";
  const added = (parse(patch) as readonly JsonPatch[]).filter(({ op }) => op === "add");
  const entries = added.map(({ path, value }) => [path.split("/").at(-1) ?? "", value] as const);
  const lines = stringify(Object.fromEntries(entries), { lineWidth: 0 })
    .trimEnd()
    .replaceAll("hawser-metrics-tls", "{{ .Values.metrics.tls.secretName }}");
  const at = `spec.${endpoints}.0`;
  const interval = `{{- with .Values.monitoring.${values}.interval }}\ninterval: {{ . }}\n{{- end }}`;
  return [
    {
      at: "metadata.labels",
      put: "entry",
      text: "{{- with .Values.monitoring.labels }}\n{{- toYaml . | nindent 4 }}\n{{- end }}",
    },
    { at: `${at}.port`, put: "value", text: `ternary "metrics-tls" "metrics" ${TLS}` },
    { at, put: "entry", text: `${interval}\n{{- if ${TLS} }}\n${lines}\n{{- end }}` },
  ];
}

/** Index of the rule that config/secrets-by-namespace takes out of the rights of the ingress. */
function secretsRule(): string {
  const patch = patchesOf("secrets-by-namespace")[0]?.patch ?? "";
  const removed = (parse(patch) as readonly JsonPatch[]).find(({ op }) => op === "remove");
  return removed?.path.split("/").at(-1) ?? "";
}

/** The templates that are made from config/. */
export const TEMPLATES: readonly Template[] = [
  {
    file: "controller-rights.yaml",
    source: "base/controller-rights.yaml",
    objects: {
      "Role hawser-controller": { holes: [{ at: "rules.5", put: "if", text: "not .Values.heartbeat.existingSecret" }] },
    },
  },
  {
    file: "controller.yaml",
    source: "base/controller.yaml",
    objects: {
      "Deployment hawser-controller": {
        holes: [
          { at: `${CONTAINER}.args.1`, put: "if", text: "not .Values.heartbeat.existingSecret" },
          CLASS,
          ...workloadHoles(CONTROLLER),
        ],
      },
      "NetworkPolicy hawser-controller": {
        when: POLICIES,
        holes: [
          metricsFrom(0),
          {
            at: "spec.egress.0.ports",
            put: "lines",
            text: "ports:\n{{- range .Values.networkPolicies.apiServerPorts }}\n- protocol: TCP\n  port: {{ . }}\n{{- end }}",
          },
        ],
      },
    },
  },
  { file: "speaker-rights.yaml", source: "base/speaker-rights.yaml" },
  {
    file: "speaker.yaml",
    source: "base/speaker.yaml",
    objects: {
      "DaemonSet hawser-speaker": {
        holes: [
          {
            at: "spec.updateStrategy.rollingUpdate.maxUnavailable",
            put: "value",
            text: ".Values.speaker.maxUnavailable",
          },
          CLASS,
          ...workloadHoles(SPEAKER),
          {
            at: "spec.template.spec.volumes.heartbeat.secret.secretName",
            put: "value",
            text: 'default "hawser-heartbeat" .Values.heartbeat.existingSecret',
          },
        ],
      },
    },
  },
  { file: "view-rights.yaml", source: "base/view-rights.yaml" },
  {
    file: "ingress-rights.yaml",
    source: "base/ingress-rights.yaml",
    when: INGRESS,
    objects: {
      "ClusterRole hawser-ingress": {
        holes: [{ at: `rules.${secretsRule()}`, put: "if", text: `not ${SECRET_NAMESPACES}` }],
      },
    },
  },
  {
    file: "ingress-secrets-rights.yaml",
    source: "secrets-by-namespace/rights.yaml",
    when: `and (${INGRESS}) ${SECRET_NAMESPACES}`,
  },
  {
    file: "ingress-nodes-rights.yaml",
    source: "ingress-nodes/rights.yaml",
    when: 'include "hawser.isOnNodes" .',
  },
  {
    file: "ingress-class.yaml",
    source: "base/ingress-class.yaml",
    when: `and (${INGRESS}) .Values.ingressClass.enabled`,
    objects: {
      "IngressClass hawser": {
        holes: [
          { at: "metadata.name", put: "value", text: ".Values.ingressClass.name" },
          {
            at: "metadata",
            put: "entry",
            text: '{{- if .Values.ingressClass.isDefault }}\nannotations:\n  ingressclass.kubernetes.io/is-default-class: "true"\n{{- end }}',
          },
        ],
      },
    },
  },
  {
    file: "http-policy.yaml",
    source: "base/http-policy.yaml",
    when: `and (${INGRESS}) .Values.crds.enabled`,
    objects: {
      "CustomResourceDefinition httppolicies.hawser.dev": {
        holes: [
          {
            at: "metadata",
            put: "entry",
            text: "{{- if .Values.crds.keep }}\nannotations:\n  helm.sh/resource-policy: keep\n{{- end }}",
          },
        ],
      },
    },
  },
  {
    file: "ingress-deployment.yaml",
    source: "ingress-deployment/ingress.yaml",
    when: 'hasPrefix "deployment-" .Values.expose',
    objects: {
      "Deployment hawser-ingress": {
        holes: [
          {
            at: `${CONTAINER}.args`,
            put: "item",
            text: '{{- if eq .Values.expose "deployment-nodeport" }}\n- --publish-node-addresses\n{{- end }}',
          },
          ...workloadHoles(INGRESS_PODS),
        ],
      },
      "NetworkPolicy hawser-ingress": { when: POLICIES, holes: [metricsFrom(1)] },
    },
  },
  {
    file: "ingress-daemonset.yaml",
    source: "expose/daemonset-hostnetwork/ingress.yaml",
    when: 'eq .Values.expose "daemonset-hostnetwork"',
    objects: { "DaemonSet hawser-ingress": { holes: workloadHoles(INGRESS_NODES) } },
  },
  {
    file: "ingress-nodes-service.yaml",
    source: "expose/daemonset-hostnetwork/service.yaml",
    when: 'eq .Values.expose "daemonset-hostnetwork"',
  },
  {
    file: "ingress-load-balancer.yaml",
    source: "expose/deployment-loadbalancer/service.yaml",
    when: 'eq .Values.expose "deployment-loadbalancer"',
    objects: {
      "Service hawser-ingress": {
        holes: [
          ...SERVICE_HOLES,
          {
            at: "spec",
            put: "entry",
            text: "{{- with .Values.loadBalancerClass }}\nloadBalancerClass: {{ . }}\n{{- end }}",
          },
        ],
      },
    },
  },
  {
    file: "ingress-node-port.yaml",
    source: "expose/deployment-nodeport/service.yaml",
    when: 'eq .Values.expose "deployment-nodeport"',
    objects: {
      "Service hawser-ingress": {
        holes: [
          ...SERVICE_HOLES,
          { at: "spec.ports.http.nodePort", put: "value", text: ".Values.ingress.service.nodePorts.http" },
          { at: "spec.ports.https.nodePort", put: "value", text: ".Values.ingress.service.nodePorts.https" },
        ],
      },
    },
  },
  { file: "metrics-rights.yaml", source: "secure-metrics/rights.yaml", when: TLS },
  {
    file: "metrics-network.yaml",
    source: "secure-metrics/network.yaml",
    when: `and ${TLS} ${POLICIES}`,
    objects: {
      "NetworkPolicy hawser-controller-metrics-tls": { holes: [metricsFrom(0)] },
      "NetworkPolicy hawser-ingress-metrics-tls": { when: INGRESS, holes: [metricsFrom(0)] },
    },
  },
  { file: "ui-rights.yaml", source: "ui/rights.yaml", when: `${UI}.enabled` },
  { file: "ui-service.yaml", source: "ui-service/service.yaml", when: `and ${UI}.enabled ${UI}.tls.secretName` },
  {
    file: "ui-network.yaml",
    source: "ui-service/network.yaml",
    when: `and ${UI}.enabled ${UI}.tls.secretName ${POLICIES}`,
    objects: {
      "NetworkPolicy hawser-ui": { holes: [namespacesFrom(0, `${UI}.namespaceLabels`)] },
    },
  },
  {
    file: "pod-monitors.yaml",
    source: "monitoring/pod-monitors.yaml",
    when: ".Values.monitoring.podMonitors.enabled",
    objects: {
      "PodMonitor hawser-controller": { holes: monitorHoles(POD_MONITOR) },
      "PodMonitor hawser-speaker": { holes: monitorHoles(POD_MONITOR) },
      "PodMonitor hawser-ingress": { when: INGRESS, holes: monitorHoles(POD_MONITOR) },
    },
  },
  {
    file: "service-monitors.yaml",
    source: "service-monitors/service-monitors.yaml",
    when: ".Values.monitoring.serviceMonitors.enabled",
    objects: {
      "Service hawser-ingress-metrics": { when: INGRESS },
      "ServiceMonitor hawser-controller": { holes: monitorHoles(SERVICE_MONITOR) },
      "ServiceMonitor hawser-speaker": { holes: monitorHoles(SERVICE_MONITOR) },
      "ServiceMonitor hawser-ingress": { when: INGRESS, holes: monitorHoles(SERVICE_MONITOR) },
    },
  },
];

import { parse, stringify } from "yaml";
import { patchesOf } from "./source-objects.ts";
import type { Hole } from "./render-template.ts";

const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers.0`;
const TLS = ".Values.metrics.tls.enabled";
/** Where each program serves metrics without TLS, as the annotations in config/ say it. */
const PORTS: Readonly<Record<string, number>> = { controller: 9120, speaker: 9121, ingress: 10_254 };
const TLS_SECRET = "hawser-metrics-tls";

/** A Deployment or DaemonSet of config/. */
export interface Workload {
  readonly kind: "Deployment" | "DaemonSet";
  /** `controller`, `speaker`, `ingress`: its container, and what its values are under. */
  readonly program: string;
  /** It is in the nodes' network. */
  readonly isOnNodes: boolean;
  /** Lists that the container or the pod has in config/ already. */
  readonly has: readonly ("env" | "volumeMounts" | "volumes" | "topologySpreadConstraints")[];
}

/** What values change of a workload. */
export function workloadHoles(workload: Workload): readonly Hole[] {
  const { kind, program, isOnNodes, has } = workload;
  const values = `.Values.${program}`;
  const tls = tlsLists(workload);
  const nodes =
    kind === "DaemonSet" && program === "ingress"
      ? `merge (dict) ${values}.daemonSetNodeSelector ${values}.nodeSelector`
      : `${values}.nodeSelector`;
  const options = [
    `{{- with include "hawser.env" (list . ${values}) | trim }}`,
    "{{- . | nindent 8 }}",
    "{{- end }}",
    `{{- if ${TLS} }}`,
    ...tls.env,
    "{{- end }}",
  ].join("\n");
  return [
    ...(kind === "Deployment" ? [value("spec.replicas", `${values}.replicas`)] : []),
    {
      at: "spec.template.metadata.labels",
      put: "entry",
      text: `{{- with ${values}.podLabels }}\n{{- toYaml . | nindent 8 }}\n{{- end }}`,
    },
    annotations(workload, tls.port),
    value(`${POD}.priorityClassName`, `${values}.priorityClassName`),
    yaml(`${POD}.nodeSelector`, nodes),
    yaml(`${POD}.tolerations`, `${values}.tolerations`),
    ...(has.includes("topologySpreadConstraints")
      ? [yaml(`${POD}.topologySpreadConstraints`, `${values}.topologySpreadConstraints`)]
      : []),
    yaml(`${POD}.affinity`, `${values}.affinity`),
    yaml(`${POD}.imagePullSecrets`, ".Values.imagePullSecrets"),
    value(`${CONTAINER}.image`, `include "hawser.image" .`),
    value(`${CONTAINER}.imagePullPolicy`, ".Values.image.pullPolicy"),
    { at: `${CONTAINER}.args`, put: "item", text: `{{- range ${values}.extraArgs }}\n- {{ . | quote }}\n{{- end }}` },
    yaml(`${CONTAINER}.resources`, `${values}.resources`),
    ...(isOnNodes
      ? [value(`${CONTAINER}.env.HAWSER_ADMIN_ADDRESS.value`, 'ternary "0.0.0.0" "127.0.0.1" .Values.metrics.open')]
      : []),
    ...(has.includes("env")
      ? [{ at: `${CONTAINER}.env`, put: "item", text: options } as const]
      : [
          {
            at: CONTAINER,
            put: "entry",
            text: withKey("env", options, `or ${TLS} (include "hawser.env" (list . ${values}))`),
          } as const,
        ]),
    { at: `${CONTAINER}.ports`, put: "item", text: [`{{- if ${TLS} }}`, ...tls.ports, "{{- end }}"].join("\n") },
    volumeHole(CONTAINER, "volumeMounts", tls.volumeMounts, has.includes("volumeMounts")),
    volumeHole(POD, "volumes", tls.volumes, has.includes("volumes")),
  ];
}

function value(at: string, text: string): Hole {
  return { at, put: "value", text };
}

function yaml(at: string, text: string): Hole {
  return { at, put: "yaml", text };
}

function withKey(key: string, lines: string, when: string): string {
  return [`{{- if ${when} }}`, `${key}:`, lines, "{{- end }}"].join("\n");
}

function volumeHole(at: string, key: string, lines: readonly string[], isThere: boolean): Hole {
  return isThere
    ? { at: `${at}.${key}`, put: "item", text: [`{{- if ${TLS} }}`, ...lines, "{{- end }}"].join("\n") }
    : { at, put: "entry", text: withKey(key, lines.join("\n"), TLS) };
}

/** config/open-metrics and config/secure-metrics write them, and so does config/ itself for pods in the network of pods. */
function annotations({ program, isOnNodes }: Workload, tlsPort: string): Hole {
  const values = `"root" . "values" .Values.${program} "isOnNodes" ${isOnNodes} "plain" "${PORTS[program]}" "secure" "${tlsPort}"`;
  const text = `{{- with include "hawser.podAnnotations" (dict ${values}) }}\nannotations:\n{{- . | nindent 8 }}\n{{- end }}`;
  return isOnNodes
    ? { at: "spec.template.metadata", put: "entry", text }
    : { at: "spec.template.metadata.annotations", put: "lines", text };
}

interface Container {
  readonly env: readonly object[];
  readonly ports: readonly { readonly containerPort: number }[];
  readonly volumeMounts: readonly object[];
}

interface PodPatch {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly Container[]; readonly volumes: readonly object[] };
    };
  };
}

interface TlsLists extends Readonly<Record<"env" | "ports" | "volumeMounts" | "volumes", readonly string[]>> {
  readonly port: string;
}

/** What config/secure-metrics adds to a workload, as lines of a list. */
function tlsLists({ kind, program }: Workload): TlsLists {
  const found = patchesOf("secure-metrics").find(
    ({ target }) => target.kind === kind && target.name === `hawser-${program}`,
  );
  if (found === undefined) throw new Error(`config/secure-metrics has no patch for ${kind} hawser-${program}`);
  const { containers, volumes } = (parse(found.patch) as PodPatch).spec.template.spec;
  const { env, ports, volumeMounts } = containers[0] ?? { env: [], ports: [], volumeMounts: [] };
  const port = String(ports[0]?.containerPort);
  return { port, env: lines(env), ports: lines(ports), volumeMounts: lines(volumeMounts), volumes: lines(volumes) };
}

function lines(list: readonly object[]): readonly string[] {
  return stringify(list, { lineWidth: 0, indentSeq: false })
    .trimEnd()
    .replaceAll(`secretName: ${TLS_SECRET}`, "secretName: {{ .Values.metrics.tls.secretName }}")
    .split("\n");
}

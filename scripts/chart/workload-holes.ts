import { parse, stringify } from "yaml";
import { patchesOf } from "./source-objects.ts";
import type { Hole } from "./render-template.ts";

const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers.0`;
const TLS = ".Values.metrics.tls.enabled";
/** Where each program serves metrics without TLS, as the annotations in config/ say it. */
const PORTS: Readonly<Record<string, number>> = { controller: 9120, speaker: 9121, ingress: 10_254 };

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
  const additions = additionsOf(workload);
  const nodes =
    kind === "DaemonSet" && program === "ingress"
      ? `merge (dict) ${values}.daemonSetNodeSelector ${values}.nodeSelector`
      : `${values}.nodeSelector`;
  const options = [
    `{{- with include "hawser.env" (list . ${values}) | trim }}`,
    "{{- . | nindent 8 }}",
    "{{- end }}",
    ...additions.flatMap((one) => under(one, one.env)),
  ].join("\n");
  return [
    ...(kind === "Deployment" ? [value("spec.replicas", `${values}.replicas`)] : []),
    {
      at: "spec.template.metadata.labels",
      put: "entry",
      text: `{{- with ${values}.podLabels }}\n{{- toYaml . | nindent 8 }}\n{{- end }}`,
    },
    annotations(workload, additions[0]?.port ?? ""),
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
    { at: `${CONTAINER}.ports`, put: "item", text: additions.flatMap((one) => under(one, one.ports)).join("\n") },
    volumeHole(CONTAINER, "volumeMounts", additions, has.includes("volumeMounts")),
    volumeHole(POD, "volumes", additions, has.includes("volumes")),
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

function volumeHole(
  at: string,
  key: "volumeMounts" | "volumes",
  additions: readonly Addition[],
  isThere: boolean,
): Hole {
  const adding = additions.filter((one) => one[key].length > 0);
  const blocks = adding.flatMap((one) => under(one, one[key])).join("\n");
  if (isThere) return { at: `${at}.${key}`, put: "item", text: blocks };
  const [first] = adding;
  // Where one addition alone can write the key, its condition is that of the key.
  if (adding.length === 1 && first !== undefined)
    return { at, put: "entry", text: withKey(key, first[key].join("\n"), first.when) };
  const when = `or ${adding.map((one) => (one.when.includes(" ") ? `(${one.when})` : one.when)).join(" ")}`;
  return { at, put: "entry", text: withKey(key, blocks, when) };
}

/** Lines that are there with an addition alone. */
function under({ when }: Addition, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`{{- if ${when} }}`, ...lines, "{{- end }}"];
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
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly volumeMounts?: readonly object[];
}

interface PodPatch {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly Container[]; readonly volumes?: readonly object[] };
    };
  };
}

/** What a component of config/ adds to a workload, as lines of lists. */
interface Addition extends Readonly<Record<"env" | "ports" | "volumeMounts" | "volumes", readonly string[]>> {
  /** The expression that has to be true for it. */
  readonly when: string;
  /** The first port that it adds. */
  readonly port: string;
}

interface Component {
  readonly name: string;
  readonly when: string;
  /** Texts of it -> what values make of them. */
  readonly texts: Readonly<Record<string, string>>;
}

const UI = ".Values.controller.ui";
const SECURE_METRICS: Component = {
  name: "secure-metrics",
  when: TLS,
  texts: { "secretName: hawser-metrics-tls": "secretName: {{ .Values.metrics.tls.secretName }}" },
};
const COMPONENTS: readonly Component[] = [
  { name: "ui", when: `${UI}.enabled`, texts: {} },
  {
    name: "ui-service",
    when: `and ${UI}.enabled ${UI}.tls.secretName`,
    texts: {
      "secretName: hawser-ui-tls": `secretName: {{ ${UI}.tls.secretName }}`,
      "hawser-ui.hawser-system.svc": `hawser-ui.hawser-system.svc{{ range ${UI}.hosts }},{{ . }}{{ end }}`,
    },
  },
];

function additionsOf(workload: Workload): readonly Addition[] {
  const more = workload.program === "controller" ? COMPONENTS : [];
  return [SECURE_METRICS, ...more].map((component) => additionOf(workload, component));
}

function additionOf({ kind, program }: Workload, { name, when, texts }: Component): Addition {
  const found = patchesOf(name).find(({ target }) => target.kind === kind && target.name === `hawser-${program}`);
  if (found === undefined) throw new Error(`config/${name} has no patch for ${kind} hawser-${program}`);
  const { containers, volumes = [] } = (parse(found.patch) as PodPatch).spec.template.spec;
  const { env, ports = [], volumeMounts = [] } = containers[0] ?? { env: [] };
  const lines = (list: readonly object[]): readonly string[] => linesOf(list, texts);
  const port = String(ports[0]?.containerPort);
  return {
    when,
    port,
    env: lines(env),
    ports: lines(ports),
    volumeMounts: lines(volumeMounts),
    volumes: lines(volumes),
  };
}

function linesOf(list: readonly object[], texts: Component["texts"]): readonly string[] {
  if (list.length === 0) return [];
  const text = stringify(list, { lineWidth: 0, indentSeq: false }).trimEnd();
  return Object.entries(texts)
    .reduce((before, [from, to]) => before.replaceAll(from, to), text)
    .split("\n");
}

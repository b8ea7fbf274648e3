import { stringify } from "yaml";
import { isReadFromConfigMap, type JudgedSetting, NGINX_CONFIG_MAP } from "#src/model/ingress-nginx/judge-setting.ts";
import type { MigrationFile } from "#src/migration/our-form.ts";
import { classScopeOf, type Exposure, type NginxInstallation } from "./nginx-installation.ts";

/** The folder of Hawser's manifests for a way of exposing, and the workload of the ingress in it. */
export const WAYS: Readonly<Record<Exposure, { readonly folder: string; readonly workload: string }>> = {
  "host-network": { folder: "daemonset-hostnetwork", workload: "DaemonSet" },
  "node-port": { folder: "deployment-nodeport", workload: "Deployment" },
  "load-balancer": { folder: "deployment-loadbalancer", workload: "Deployment" },
};
const INGRESS = "hawser-ingress";

/** The files that install Hawser's ingress so that it serves what ingress-nginx serves: first silent, then in its place. */
export function nginxForm(nginx: NginxInstallation, settings: readonly JudgedSetting[]): readonly MigrationFile[] {
  const { folder, workload } = WAYS[nginx.exposure];
  const flags = flagsOf(settings);
  const config = configOf(nginx);
  const seesNamespaces = flags.some((flag) => flag.startsWith("--watch-namespace-selector="));
  return [
    {
      name: "hawser/kustomization.yaml",
      about:
        "Hawser's ingress with the flags that say what ingress-nginx's settings say. Its controller and speakers, which assign and announce addresses of Services, are left out: take the two patches away if you want them.",
      text: kustomization(
        [
          `../install/${folder}`,
          ...(config === undefined ? [] : ["nginx-config.yaml"]),
          ...(seesNamespaces ? ["namespace-rights.yaml"] : []),
        ],
        [
          {
            target: { kind: "Deployment", name: "hawser-controller" },
            patch: deletion("apps/v1", "Deployment", "hawser-controller"),
          },
          {
            target: { kind: "DaemonSet", name: "hawser-speaker" },
            patch: deletion("apps/v1", "DaemonSet", "hawser-speaker"),
          },
          argumentsPatch(workload, flags),
        ],
      ),
    },
    ...(config === undefined
      ? []
      : [
          {
            name: "hawser/nginx-config.yaml",
            about:
              "The keys of ingress-nginx's ConfigMap that Hawser reads, most of them as annotations of all Ingresses. Changes of it are read while the ingress runs.",
            text: stringify(config),
          },
        ]),
    ...(seesNamespaces
      ? [
          {
            name: "hawser/namespace-rights.yaml",
            about: "The right to see the labels of Namespaces, which --watch-namespace-selector needs.",
            text: namespaceRights(),
          },
        ]
      : []),
    {
      name: "hawser-quiet/kustomization.yaml",
      about: "The same, but it writes no status of an Ingress: ingress-nginx does.",
      text: kustomization(["../hawser"], [argumentsPatch(workload, ["--no-update-status"])]),
    },
    {
      name: "ingress-class.yaml",
      about: "The class that the Ingresses have, for when ingress-nginx and its own are removed.",
      text: stringify(ingressClass(nginx)),
    },
  ];
}

/** The ConfigMap of our own form; undefined where no key is read from it. */
function configOf({ config }: NginxInstallation): object | undefined {
  const data = Object.fromEntries([...config].filter(([key, value]) => isPlain(value) && isReadFromConfigMap(key)));
  if (Object.keys(data).length === 0) return undefined;
  const [namespace, name] = NGINX_CONFIG_MAP.split("/");
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name }, data };
}

/** The flags of Hawser's ingress that settings ask for, each once: the last one counts. */
function flagsOf(settings: readonly JudgedSetting[]): readonly string[] {
  const flags = settings.flatMap(({ verdict }) => (verdict.kind === "option" ? verdict.flags : []));
  return [...new Map(flags.map((flag) => [flag.split("=")[0], flag])).values()];
}

function namespaceRights(): string {
  const [apiGroup, name] = ["rbac.authorization.k8s.io", "hawser-ingress-namespaces"];
  const [apiVersion, metadata] = [`${apiGroup}/v1`, { name }];
  const rules = [{ apiGroups: [""], resources: ["namespaces"], verbs: ["list", "watch"] }];
  const subjects = [{ kind: "ServiceAccount", namespace: "hawser-system", name: INGRESS }];
  return [
    stringify({ apiVersion, kind: "ClusterRole", metadata, rules }),
    stringify({
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup, kind: "ClusterRole", name },
      subjects,
    }),
  ].join("---\n");
}

function ingressClass(nginx: NginxInstallation) {
  const { ingressClass: name, controllerClass: controller } = classScopeOf(nginx);
  return { apiVersion: "networking.k8s.io/v1", kind: "IngressClass", metadata: { name }, spec: { controller } };
}

function argumentsPatch(kind: string, flags: readonly string[]) {
  const path = "/spec/template/spec/containers/0/args/-";
  const operations = flags.map((value) => ({ op: "add", path, value }));
  return { target: { kind, name: INGRESS }, patch: stringify(operations) };
}

function deletion(apiVersion: string, kind: string, name: string): string {
  return stringify({ apiVersion, kind, metadata: { name, namespace: "hawser-system" }, $patch: "delete" });
}

function kustomization(resources: readonly string[], patches: readonly object[]): string {
  const head = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };
  return stringify({ ...head, resources, patches }, { lineWidth: 0 });
}

/** Neither blank nor a word about values of the chart. */
function isPlain(value: string): boolean {
  return !/^\s*(?:\(|$)/.test(value);
}

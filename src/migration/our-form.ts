import { stringify } from "yaml";
import { isOldConfigInUse, type MigrationFacts } from "./migration-facts.ts";
import { isIgnoringLabel } from "./works-differently.ts";
import { METALLB_NAMESPACE } from "#src/model/metallb-namespace.ts";

/** A file to be written, and what it is for. */
export interface MigrationFile {
  /** Its path, beside the folder `install`. */
  readonly name: string;
  readonly about: string;
  readonly text: string;
}

/** The label of no node: a DaemonSet that selects it runs nowhere. */
export const HOLD_LABEL = "hawser.dev/hold";
const OS_LABEL = "kubernetes.io/os";

/** The files that install Hawser so that it serves what MetalLB serves. */
export function ourForm(facts: MigrationFacts): readonly MigrationFile[] {
  const { metallb, converted } = facts;
  const { namespace, configMap } = metallb;
  const rights = isOldConfigInUse(facts) && configMap !== undefined ? [rightsFile(namespace, configMap.name)] : [];
  const pools = converted.length === 0 ? [] : [poolsFile(converted.flatMap(({ manifests }) => manifests))];
  return [installFile(facts), ...rights, holdFile(), ...pools];
}

/** The arguments that Hawser's programs need. */
function argumentsOf(facts: MigrationFacts) {
  const { speaker } = facts.metallb;
  const both = sharedFlags(facts);
  return { controller: both, speaker: [...both, ...(isIgnoringLabel(speaker?.flags) ? ["--ignore-exclude-lb"] : [])] };
}

/** The flags that all programs need, and the commands that look at them: where the configuration is, and for which Services they are. */
export function sharedFlags(facts: MigrationFacts): readonly string[] {
  const { metallb, serviceClass, configMap } = facts;
  const { era, namespace } = metallb;
  return [
    ...(isOldConfigInUse(facts) ? [`--config-map=${configMap}`] : []),
    ...(era === "custom-resources" && namespace !== METALLB_NAMESPACE ? [`--metallb-namespace=${namespace}`] : []),
    ...(serviceClass.loadBalancerClass === undefined
      ? []
      : [`--load-balancer-class=${serviceClass.loadBalancerClass}`]),
    ...(serviceClass.alsoClassless === true ? ["--also-classless"] : []),
  ];
}

function installFile(facts: MigrationFacts): MigrationFile {
  const { controller, speaker } = argumentsOf(facts);
  const patches = [
    ...patchOf("Deployment", "hawser-controller", controller.map(argument)),
    ...patchOf("DaemonSet", "hawser-speaker", [...speaker.map(argument), ...nodeSelectorOf(facts)]),
  ];
  const rights = isOldConfigInUse(facts) ? ["config-rights.yaml"] : [];
  const resources = ["../install/daemonset-hostnetwork", ...rights];
  const options = patches.length === 0 ? "" : ", with the flags that MetalLB's programs have";
  return {
    name: "hawser/kustomization.yaml",
    about: `Hawser${options}. Its ingress runs on nodes with the label hawser.dev/ingress=true alone, so on none at first.`,
    text: kustomization(resources, patches),
  };
}

function argument(text: string) {
  return { op: "add", path: "/spec/template/spec/containers/0/args/-", value: text };
}

/** Nodes without MetalLB's speaker have announced nothing, and do not begin to. */
function nodeSelectorOf({ metallb: { speaker } }: MigrationFacts) {
  const wanted = Object.entries(speaker?.nodeSelector ?? {}).filter(([key]) => key !== OS_LABEL && key !== HOLD_LABEL);
  return wanted.map(([key, value]) => selectNodes(key, value));
}

function selectNodes(key: string, value: string) {
  return { op: "add", path: `/spec/template/spec/nodeSelector/${key.replaceAll("/", "~1")}`, value };
}

function patchOf(kind: string, name: string, operations: readonly object[]) {
  return operations.length === 0 ? [] : [{ target: { kind, name }, patch: stringify(operations) }];
}

function kustomization(resources: readonly string[], patches: readonly object[]): string {
  const head = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };
  return stringify({ ...head, resources, ...(patches.length === 0 ? {} : { patches }) });
}

function holdFile(): MigrationFile {
  return {
    name: "hawser-hold/kustomization.yaml",
    about: "The same, with speakers that wait: no node has this label.",
    text: kustomization(["../hawser"], patchOf("DaemonSet", "hawser-speaker", [selectNodes(HOLD_LABEL, "true")])),
  };
}

function rightsFile(namespace: string, configMap: string): MigrationFile {
  const [apiGroup, metadata] = ["rbac.authorization.k8s.io", { namespace, name: "hawser-config" }];
  const rule = { apiGroups: [""], resources: ["configmaps"], resourceNames: [configMap], verbs: ["list", "watch"] };
  const subjectOf = (name: string) => ({ kind: "ServiceAccount", namespace: "hawser-system", name });
  const role = { apiVersion: `${apiGroup}/v1`, kind: "Role", metadata, rules: [rule] };
  const binding = {
    apiVersion: `${apiGroup}/v1`,
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup, kind: "Role", name: "hawser-config" },
    subjects: [subjectOf("hawser-controller"), subjectOf("hawser-speaker")],
  };
  return {
    name: "hawser/config-rights.yaml",
    about: "The right to read that one ConfigMap.",
    text: documents([role, binding]),
  };
}

function poolsFile(manifests: readonly object[]): MigrationFile {
  return { name: "metallb-pools.yaml", about: "The AddressPools as IPAddressPools.", text: documents(manifests) };
}

function documents(objects: readonly object[]): string {
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join("---\n");
}

import type { MetallbInstallation, MetallbEra } from "./metallb-installation.ts";
import type { MigrationFacts } from "./migration-facts.ts";
import { HOLD_LABEL, sharedFlags } from "./our-form.ts";

/** One step of a migration. */
export interface MigrationStep {
  readonly title: string;
  /** Shell commands, in their order. */
  readonly commands: readonly string[];
  /** Why it is done, and what is so afterwards. */
  readonly text: string;
}

/** What the names of MetalLB's programs are where they were not seen: those of its manifests. */
const DEFAULTS = {
  controller: { name: "controller", selector: "app=metallb,component=controller" },
  speaker: { name: "speaker", selector: "app=metallb,component=speaker" },
} as const;
const OBJECTS: Readonly<Record<MetallbEra, string>> = {
  "custom-resources": "ipaddresspools,l2advertisements,bgppeers,bgpadvertisements,communities,bfdprofiles",
  "config-map": "configmaps",
};
const WEBHOOKS = "validatingwebhookconfiguration/metallb-webhook-configuration";
const SHOW_ADDRESSES =
  "kubectl get services --all-namespaces -o custom-columns='N:.metadata.namespace,S:.metadata.name,IP:.status.loadBalancer.ingress[*].ip'";
const COMPARE_ADDRESSES = `${SHOW_ADDRESSES} | diff -b addresses-before.txt -`;

/** Names of MetalLB's programs, ready for a command line. */
interface Names {
  readonly inNamespace: string;
  readonly controller: string;
  readonly controllerPods: string;
  /** Of its controller; undefined where that is not known. */
  readonly replicas: number | undefined;
  readonly speaker: string;
  readonly speakerPods: string;
}

/**
 * The steps in which Hawser takes MetalLB's place. No address changes hands: never do two controllers run, the one that
 * starts adopts what the other one left, and no two programs answer for one address.
 */
export function migrationProcedure(facts: MigrationFacts): readonly MigrationStep[] {
  const { metallb, converted } = facts;
  const era = metallb.era ?? "custom-resources";
  const names = namesOf(metallb);
  const isCustom = era === "custom-resources";
  return [
    saveStep(names, era, converted.length > 0 ? ",addresspools" : ""),
    stopStep(names, metallb),
    ...(isCustom ? [webhookStep()] : []),
    ...(converted.length > 0 ? [poolsStep()] : []),
    controllerStep(),
    speakerStep(names),
    lookStep(sharedFlags(facts)),
    undoStep(names, isCustom, converted.length > 0),
    removeStep(names, isCustom),
  ];
}

function namesOf(metallb: MetallbInstallation): Names {
  const nameOf = (role: keyof typeof DEFAULTS) => metallb[role]?.name ?? DEFAULTS[role].name;
  const podsOf = (role: keyof typeof DEFAULTS) => `--selector ${metallb[role]?.selector || DEFAULTS[role].selector}`;
  return {
    inNamespace: `--namespace ${metallb.namespace}`,
    controller: `deployment/${nameOf("controller")}`,
    controllerPods: podsOf("controller"),
    replicas: metallb.controller?.replicas,
    speaker: `daemonset/${nameOf("speaker")}`,
    speakerPods: podsOf("speaker"),
  };
}

/** `besides` are kinds beside those of the era, each with a comma before it: not each cluster has them. */
function saveStep({ inNamespace }: Names, era: MetallbEra, besides: string): MigrationStep {
  const fewer =
    era === "custom-resources"
      ? " Leave out a kind that kubectl does not find: older versions of MetalLB have fewer."
      : "";
  const programs = `kubectl get deployment,daemonset ${inNamespace} -o yaml > metallb-programs.yaml`;
  return {
    title: "Save what is there",
    commands: [
      `${SHOW_ADDRESSES} > addresses-before.txt`,
      `kubectl get ${OBJECTS[era]}${besides} ${inNamespace} -o yaml > metallb-objects.yaml`,
      programs,
      ...(era === "custom-resources" ? [`kubectl get ${WEBHOOKS} -o yaml > metallb-webhooks.yaml`] : []),
    ],
    text: `Write the files above beside the folder install, and load Hawser's image on every node (README.md says how), so that its speakers start at once later.${fewer}`,
  };
}

function stopStep(
  { inNamespace, controller, controllerPods }: Names,
  { controller: seen }: MetallbInstallation,
): MigrationStep {
  const keeper = seen?.isHelm === true ? "Helm" : "Helm, Argo CD, Flux or an operator";
  return {
    title: "Stop MetalLB's controller",
    commands: [
      `kubectl scale ${controller} ${inNamespace} --replicas=0`,
      `kubectl wait pod ${inNamespace} ${controllerPods} --for=delete --timeout=2m`,
    ],
    text: `Where ${keeper} keeps MetalLB as it is, stop that first: it would start the controller again. From now on no Service gets or loses an address. MetalLB leaves its addresses in the statuses, and its speakers go on answering for them.`,
  };
}

function webhookStep(): MigrationStep {
  return {
    title: "Remove MetalLB's webhooks",
    commands: [`kubectl delete ${WEBHOOKS} --ignore-not-found`],
    text: "MetalLB's controller answered them: without it the API server would refuse every change of MetalLB's objects.",
  };
}

function poolsStep(): MigrationStep {
  return {
    title: "Create the IPAddressPools in place of AddressPools",
    commands: ["kubectl apply -f metallb-pools.yaml"],
    text: "Hawser does not read AddressPools. Their addresses must be in pools before its controller starts. MetalLB refuses two pools with one address, so the way back deletes them again.",
  };
}

function controllerStep(): MigrationStep {
  return {
    title: "Install Hawser with speakers that wait",
    commands: [
      "kubectl apply -k hawser-hold",
      "kubectl rollout status deployment/hawser-controller --namespace hawser-system --timeout=3m",
      COMPARE_ADDRESSES,
    ],
    text: "The controller adopts the address of every Service, and writes its conditions and annotations beside MetalLB's. diff prints nothing, apart from new Services and from those that waited for an address (<none>) and have one now.",
  };
}

function speakerStep({ inNamespace, speaker, speakerPods }: Names): MigrationStep {
  return {
    title: "Hand the announcements over, in one go",
    commands: [
      `kubectl patch ${speaker} ${inNamespace} ${holdPatch('"true"')} &&`,
      `kubectl wait pod ${inNamespace} ${speakerPods} --for=delete --timeout=1m &&`,
      "kubectl apply -k hawser &&",
      "kubectl rollout status daemonset/hawser-speaker --namespace hawser-system --timeout=3m",
    ],
    text: "For some seconds no node answers ARP and NDP. Clients that know an address lose nothing, because the nodes go on forwarding what arrives; a client that asks for it then waits. The other order would be worse: two nodes would answer for one address, and both programs need UDP port 7946 of each node. Where another node announces an address than before, open connections to it may end once.",
  };
}

/** Sets the label that no node has as the node selector of a DaemonSet, or takes it away. */
function holdPatch(value: string): string {
  return `--patch '{"spec":{"template":{"spec":{"nodeSelector":{"${HOLD_LABEL}":${value}}}}}}'`;
}

/** `flags` are those that Hawser's programs have: without them the commands look for another installation. */
function lookStep(flags: readonly string[]): MigrationStep {
  const same = flags.length === 0 ? "" : ", with the same options,";
  return {
    title: "Look",
    commands: [["hawser status", ...flags.map(shellWord)].join(" "), COMPARE_ADDRESSES],
    text: `Every Service has its address, and a node that announces it. hawser explain ADDRESS${same} says why one has none.`,
  };
}

/** A flag as a shell takes it as one word. */
function shellWord(text: string): string {
  return /^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function undoStep(
  { inNamespace, controller, speaker, replicas }: Names,
  isCustom: boolean,
  isConverted: boolean,
): MigrationStep {
  const ofFile =
    replicas === undefined
      ? " How many replicas its controller had is in metallb-programs.yaml: 1 by MetalLB's manifests."
      : "";
  return {
    title: "To go back, at any point",
    commands: [
      "kubectl delete deployment/hawser-controller daemonset/hawser-speaker --namespace hawser-system --ignore-not-found --cascade=foreground",
      ...(isConverted ? ["kubectl delete -f metallb-pools.yaml --ignore-not-found"] : []),
      `kubectl patch ${speaker} ${inNamespace} ${holdPatch("null")}`,
      ...(isCustom ? ["kubectl apply -f metallb-webhooks.yaml"] : []),
      `kubectl scale ${controller} ${inNamespace} --replicas=${replicas ?? 1}`,
    ],
    text: `MetalLB finds its addresses in the statuses as Hawser does. It ignores Hawser's annotations and conditions.${ofFile}`,
  };
}

function removeStep({ inNamespace, controller, speaker }: Names, isCustom: boolean): MigrationStep {
  const kept = isCustom ? "MetalLB's objects and their definitions (CRDs)" : "the ConfigMap and its namespace";
  const loss = isCustom
    ? " Do not use helm uninstall or kubectl delete -f of MetalLB's manifest: they remove the definitions too, and with these every pool."
    : " Do not use helm uninstall or kubectl delete -f of MetalLB's manifest: they may remove these too.";
  return {
    title: "When nothing is to go back: remove MetalLB's programs",
    commands: [`kubectl delete ${controller} ${speaker} ${inNamespace}`],
    text: `Keep ${kept}: they are Hawser's configuration now.${loss}`,
  };
}
